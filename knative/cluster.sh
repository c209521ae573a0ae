#!/usr/bin/env bash
# What `make deploy`, `undeploy`, `logs`, `status` and `validate` do. Settings, as variables:
#
#   OVERLAY    local (default) or hetzner
#   SERVER     user@host: everything is done there over SSH, with its own kubectl; empty: kubectl as it is set up here
#   REGISTRY   where images are pushed, for example registry.example/you; empty: they are imported into the node
#   ENGINE     docker or podman; by default the first that is there
#   VERSION    tag of the images; by default the project's version and the commit
#   BUILD      no: images of this VERSION are in the REGISTRY already
#   PLATFORM   of the node, for example linux/arm64; by default this machine's
#   PART       of `logs`: ask, ingest, health, site, chroma, dead-letter, ollama, valkey, prometheus, grafana
set -euo pipefail
cd "$(dirname "$0")/.."

OVERLAY=${OVERLAY:-local}
SERVER=${SERVER:-}
REGISTRY=${REGISTRY:-}
NAMESPACE=portfolio
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

main() {
  case "${1:-}" in
    deploy)   deploy ;;
    undeploy) undeploy ;;
    logs)     logs ;;
    status)   status ;;
    validate) validate ;;
    *) stop "what is to be done? deploy, undeploy, logs, status or validate" ;;
  esac
}

deploy() {
  check_overlay
  local version=${VERSION:-$(version)}
  if [ "${BUILD:-yes}" = yes ]; then
    build "$version"
    hand_over "$version"
  fi
  # A Job cannot be changed: the one that fetches the model is made anew.
  cluster delete job ollama-model -n "$NAMESPACE" --ignore-not-found >/dev/null 2>&1 || true
  render "$version" | cluster apply --server-side --force-conflicts -f -
  wait_until_ready
  take_in_the_corpus
  ask_one_question
}

undeploy() {
  check_overlay
  [ "${SURE:-}" = yes ] || stop "this removes the namespace $NAMESPACE with its volumes. If that is meant: make undeploy OVERLAY=$OVERLAY SURE=yes"
  kubectl kustomize "knative/overlays/$OVERLAY" | cluster delete --ignore-not-found -f -
}

logs() {
  case "${PART:-ask}" in
    ask|ingest|health) cluster logs -n "$NAMESPACE" -l "serving.knative.dev/service=${PART:-ask}" -c "${PART:-ask}" --tail=200 --prefix ;;
    *) cluster logs -n "$NAMESPACE" -l "app.kubernetes.io/name=$PART" --tail=200 --prefix ;;
  esac
}

status() {
  cluster get ksvc,broker,trigger,pingsource,domainmapping,pods,pvc -n "$NAMESPACE"
  echo
  from_the_site http://health.$NAMESPACE.svc.cluster.local/ || echo "health does not answer, or says fail: make logs PART=health"
}

# Every overlay renders; where a cluster is at hand it looks at each object without keeping it.
validate() {
  local overlay
  for overlay in knative/overlays/*/; do
    kubectl kustomize "$overlay" > "$SCRATCH/rendered.yaml"
    echo "$overlay: $(grep -c '^kind:' "$SCRATCH/rendered.yaml") objects"
    if ! cluster get namespace "$NAMESPACE" >/dev/null 2>&1; then
      echo "  no cluster with the namespace $NAMESPACE in reach: rendered only (the tests check against the schemas)"
    else
      cluster apply --server-side --force-conflicts --dry-run=server --validate=strict -f - < "$SCRATCH/rendered.yaml" >/dev/null
      echo "  the cluster accepts all of them"
    fi
  done
}

# --- steps of deploy

build() {
  local engine target context=()
  engine=$(engine)
  # A model that is there spares the export and its three gigabytes.
  if [ -f model/model.json ]; then context=(--build-context "model=model"); fi
  for target in functions site; do
    "$engine" build ${PLATFORM:+--platform "$PLATFORM"} "${context[@]}" --build-arg "TORCH_INDEX=${TORCH_INDEX:-}" \
      --target "$target" -t "$(image "$target" "$1")" .
  done
}

# Into a registry, or into the node. Knative resolves a registry's tag to a digest; `dev.local/` it leaves alone. In the
# node the archive lies where K3s imports it at every start and keeps it from the kubelet's cleaning: the images of
# functions at zero look unused. Those of earlier deploys are let go: they wait for a rollback until the disk is short.
hand_over() {
  local engine images
  engine=$(engine)
  images=("$(image functions "$1")" "$(image site "$1")")
  if [ -n "$REGISTRY" ]; then
    local one
    for one in "${images[@]}"; do "$engine" push "$one"; done
  elif [ -n "$SERVER" ]; then
    # shellcheck disable=SC2029  # the names are known here, the rest is for the shell there
    save "${images[@]}" | ssh "$SERVER" "set -e
      folder=/var/lib/rancher/k3s/agent/images
      mkdir -p \$folder && cat > \$folder/portfolio.tar
      k3s ctr images import \$folder/portfolio.tar
      for image in \$(k3s ctr images ls -q | grep ^dev.local/portfolio-); do
        case ' ${images[*]} ' in *\" \$image \"*) pinned=pinned ;; *) pinned= ;; esac
        k3s ctr images label \$image io.cri-containerd.pinned=\$pinned
      done"
  else
    case "$(kubectl config current-context)" in
      kind-*) kind load docker-image "${images[@]}" --name "$(kubectl config current-context | sed s/^kind-//)" ;;
      k3d-*) k3d image import "${images[@]}" -c "$(kubectl config current-context | sed s/^k3d-//)" ;;
      minikube) local one; for one in "${images[@]}"; do minikube image load "$one"; done ;;
      *) save "${images[@]}" | sudo k3s ctr images import - ;;
    esac
  fi
}

# The overlay with the images of this version in it.
render() {
  local folder=.run/deploy target
  mkdir -p "$folder"
  {
    echo "resources: [../../knative/overlays/$OVERLAY]"
    echo "images:"
    for target in functions site; do
      echo "  - {name: dev.local/portfolio-$target, newName: ${REGISTRY:-dev.local}/portfolio-$target, newTag: $1}"
    done
  } > "$folder/kustomization.yaml"
  kubectl kustomize "$folder"
}

wait_until_ready() {
  local part
  for part in statefulset/chroma deployment/site deployment/dead-letter; do
    cluster rollout status -n "$NAMESPACE" "$part" --timeout=300s
  done
  # The Broker too: it answers 404 until it is ready, and the corpus goes through it.
  cluster wait -n "$NAMESPACE" --for=condition=Ready ksvc,broker,trigger --all --timeout=300s
  [ "$OVERLAY" = hetzner ] || return 0
  # Plain HTTP may go once the certificate is there (components/tls/domain.yaml).
  if cluster wait -n "$NAMESPACE" --for=condition=Ready domainmapping --all --timeout=300s; then
    cluster annotate -n "$NAMESPACE" domainmapping --all --overwrite networking.knative.dev/http-protocol=redirected
  else
    echo "the certificate is not there yet; does the name lead to the server? kubectl describe certificate,challenge -n $NAMESPACE" >&2
  fi
}

# The same event as every night, now: ingest compares the corpus of its image with the store.
take_in_the_corpus() {
  on_the_cluster <<'SCRIPT'
set -euo pipefail
said=$(mktemp)
kubectl port-forward -n knative-eventing service/broker-ingress :80 > "$said" & forward=$!
trap 'kill $forward 2>/dev/null || true; rm -f "$said"' EXIT
for _ in $(seq 50); do grep -q 'Forwarding from 127' "$said" && break; sleep 0.2; done
port=$(sed -n 's/Forwarding from 127.0.0.1:\([0-9]*\).*/\1/p' "$said" | head -n 1)
curl -fsS --max-time 600 "http://127.0.0.1:$port/portfolio/documents" -X POST \
  -H 'ce-specversion: 1.0' -H 'ce-type: com.vivekpadayattil.corpus.reconcile.v1' -H 'ce-source: /deploy' \
  -H "ce-id: $(date +%s)-$$" -H "ce-time: $(date -u +%Y-%m-%dT%H:%M:%SZ)"
SCRIPT
  echo "the corpus was handed to ingest; what it refused: make logs PART=dead-letter"
}

# Through the page's own server, as a visitor's question goes.
ask_one_question() {
  local question answer
  question=$(sed -n '/^starters:/,/^[^ -]/s/^ *- *//p' corpus/subject.yaml | head -n 1 | sed 's/^"//; s/"$//')
  answer=$(from_the_site "http://127.0.0.1:8080/api/" "{\"question\": \"$question\"}")
  echo "$question"
  echo "$answer"
  case "$answer" in
    *'"answered":true'*) echo "it answers" ;;
    *) stop "no answer from the documents. make status; make logs PART=ask" ;;
  esac
}

# --- small things

# kubectl, here or on the server.
cluster() {
  if [ -n "$SERVER" ]; then
    # shellcheck disable=SC2029  # quoted here for the shell there
    ssh "$SERVER" "kubectl$(printf ' %q' "$@")"
  else
    kubectl "$@"
  fi
}

on_the_cluster() {
  if [ -n "$SERVER" ]; then ssh "$SERVER" bash -s; else bash -s; fi
}

# A request from the site's pod, which may reach the functions: address, body.
from_the_site() {
  cluster exec -n "$NAMESPACE" deployment/site -- wget -q -O - -T 120 \
    ${2:+--header "Content-Type: application/json" --post-data "$2"} "$1"
}

image() {
  echo "${REGISTRY:-dev.local}/portfolio-$1:$2"
}

# Both images as one archive. Without its option podman would take the second name for another name of the first image.
save() {
  case "$(engine)" in
    *podman) "$(engine)" save --multi-image-archive "$@" ;;
    *) "$(engine)" save "$@" ;;
  esac
}

engine() {
  if [ -n "${ENGINE:-}" ]; then echo "$ENGINE"
  elif command -v docker >/dev/null; then echo docker
  elif command -v podman >/dev/null; then echo podman
  else stop "neither docker nor podman is installed: one of them builds the images"
  fi
}

# A tag for each state of the files: with the same tag Kubernetes would see nothing new.
version() {
  local number commit
  number=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
  commit=$(git rev-parse --short HEAD)
  if [ -n "$(git status --porcelain)" ]; then commit+="-$(date +%s)"; fi
  echo "$number-$commit"
}

check_overlay() {
  [ -f "knative/overlays/$OVERLAY/kustomization.yaml" ] ||
    stop "OVERLAY=$OVERLAY is not accepted: there are $(cd knative/overlays && echo *)"
}

stop() {
  echo "cluster: $*" >&2
  exit 1
}

main "$@"
