#!/usr/bin/env bash
# On a fresh server: firewall, K3s, and on it Knative, Kourier, Eventing and cert-manager as /opt/portfolio/knative/platform says.
# Run by cloud-init; running it again does no harm. Its log: /var/log/cloud-init-output.log
set -euo pipefail
K3S=v1.34.9+k3s1  # Knative 1.22 wants Kubernetes 1.34 or later

main() {
  firewall
  k3s_server
  platform
  echo "ready for: make deploy OVERLAY=hetzner SERVER=root@this-server"
}

# SSH and the web from everywhere, pods and Services among themselves. The API server's port stays closed: kubectl comes
# over SSH. Allowed before it is switched on, so that nobody is locked out.
firewall() {
  ufw allow OpenSSH
  ufw allow 80/tcp
  ufw allow 443/tcp
  ufw allow from 10.42.0.0/16
  ufw allow from 10.43.0.0/16
  ufw --force enable
}

# Its settings: /etc/rancher/k3s/config.yaml
k3s_server() {
  curl -sfL https://get.k3s.io | INSTALL_K3S_VERSION="$K3S" sh -
  wait_for "the node being ready" kubectl wait --for=condition=Ready node --all --timeout=10s
}

platform() {
  # Until nothing fails: a kind is known a moment after its definition, and a webhook answers when its pod is up.
  wait_for "the platform being accepted" \
    kubectl apply --server-side --force-conflicts -k /opt/portfolio/knative/platform
  # The controller only looks for cert-manager when it starts.
  kubectl rollout restart deployment/controller -n knative-serving
  local namespace
  for namespace in cert-manager knative-serving kourier-system knative-eventing; do
    wait_for "$namespace" kubectl wait --for=condition=Available deployment --all -n "$namespace" --timeout=30s
  done
}

# What, command: tried every five seconds for fifteen minutes.
wait_for() {
  local what=$1 tries
  shift
  for tries in $(seq 180); do
    if "$@"; then return 0; fi
    echo "waiting for $what ($tries)"
    sleep 5
  done
  echo "$what did not come about" >&2
  exit 1
}

main
