"""A PingSource's tick, `dev.knative.sources.ping`: reconcile CORPUS_DIR, or the `source` that its JSON data names.

https://knative.dev/docs/eventing/sources/ping-source/reference/
"""

from functions.ingest.events.own import reconcile

PING = "dev.knative.sources.ping"

ping = reconcile
