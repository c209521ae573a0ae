"""Build time: the embedding model, exported. `python -m tools.export`, in an environment of requirements/build.txt."""
