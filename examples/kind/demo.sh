#!/usr/bin/env bash
# The example shop on a kind cluster of its own, and what mesh-probe says of it. See README.md.
# Reports go to stdout, everything else to stderr. It keeps to bash 3.2, which macOS has.
set -euo pipefail

CLUSTER=mesh-probe
CONTEXT=kind-$CLUSTER
KUBERNETES=1.36.4 # the newest that this Istio is tested with
ISTIO=1.31.1
ISTIO_CHARTS=https://istio-release.storage.googleapis.com/charts
STORIES="slow-hop failing-edge retry-storm canary-in-code cycle never-called undeclared-call"
PATIENCE=5m

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
SHOP=$ROOT/examples/shop

usage() {
  cat <<TEXT
Usage: demo.sh [OPTIONS]

Makes a kind cluster with the example shop, Prometheus, kube-state-metrics and an ingress
controller, reports on it, opens the report and removes the cluster again.

  --with-istio          Then put the same shop into an Istio mesh, and compare.
  --in-cluster          Also run mesh-probe in the cluster, as its CronJob does once a day,
                        and fetch that report.
  --story ID            Something that is wrong with the shop; repeatable. One of
                        ${STORIES% never-called*}
                        never-called${STORIES#*never-called}
  --kubernetes VERSION  1.37.0, 1.36.4 or 1.35.8. [default: $KUBERNETES]
  --watch SECONDS       How long customers shop before a scan. [default: 120]
  --output FOLDER       Where reports and the kubeconfig go. [default: mesh-probe-demo]
  --keep                Leave the cluster.
  --no-open             Do not open the report.
  --dry-run             Only print the commands.
  --delete              Only remove the cluster of an earlier run.

MESH_PROBE is the mesh-probe to use, if it is not on PATH.
TEXT
}

fail() {
  printf 'demo.sh: %s\n' "$*" >&2
  exit 1
}

wrong_usage() {
  printf 'demo.sh: %s\n\n' "$1" >&2
  usage >&2
  exit 2
}

say() {
  printf '\n== %s\n' "$*" >&2
}

show() {
  printf '+' >&2
  printf ' %q' "$@" >&2
}

# Shows a command and, unless this is a dry run, runs it.
run() {
  show "$@"
  printf '\n' >&2
  [[ $dry_run ]] || "$@"
}

# The same, with what it prints in a file.
run_to() {
  local file=$1
  shift
  show "$@"
  printf ' >%q\n' "$file" >&2
  [[ $dry_run ]] || "$@" >"$file"
}

kube() {
  run kubectl --context "$CONTEXT" "$@"
}

node_image() {
  case $1 in
    1.37.0) echo kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5 ;;
    1.36.4) echo kindest/node:v1.36.4@sha256:099e049362a1526b2db71494e1947aae99bd16290d7c895f2b7ea312e3cbfaed ;;
    1.35.8) echo kindest/node:v1.35.8@sha256:07b2536e30b803ed61d1677a79df6115f798ce64c80f9e22f6ed45afd09323c0 ;;
    *) wrong_usage "--kubernetes is 1.37.0, 1.36.4 or 1.35.8, not $1" ;;
  esac
}

need() {
  command -v "$1" >/dev/null || fail "$1 is needed and not on PATH: $2"
}

find_mesh_probe() {
  mesh_probe=${MESH_PROBE:-mesh-probe}
  if [[ ! ${MESH_PROBE:-} && -x $ROOT/.venv/bin/mesh-probe ]] \
    && ! command -v mesh-probe >/dev/null; then
    mesh_probe=$ROOT/.venv/bin/mesh-probe
  fi
}

check() {
  need docker https://docs.docker.com/get-docker/
  need kind https://kind.sigs.k8s.io/docs/user/quick-start/#installation
  [[ $delete_only ]] && return
  need kubectl https://kubernetes.io/docs/tasks/tools/
  [[ ! $with_istio ]] || need helm https://helm.sh/docs/intro/install/
  need "$mesh_probe" "run make demo in $ROOT first, or set MESH_PROBE"
  docker info >/dev/null 2>&1 || fail "docker is there, but its engine does not answer: start it"
}

make_cluster() {
  local clusters=
  [[ $dry_run ]] || clusters=$(kind get clusters 2>/dev/null)
  if grep -qx "$CLUSTER" <<<"$clusters"; then
    say "The cluster $CLUSTER is there from before, whatever its version"
    run kind export kubeconfig --name "$CLUSTER"
  else
    say "A kind cluster with Kubernetes $kubernetes"
    run kind create cluster --name "$CLUSTER" --image "$image" --wait "$PATIENCE"
  fi
}

load_image() {
  run docker build --tag "$1" "$2"
  run kind load docker-image "$1" --name "$CLUSTER"
}

open_shop() {
  say "The image of the shop"
  load_image mesh-probe-shop:1 "$SHOP"
  say "Prometheus, kube-state-metrics and an ingress controller"
  kube apply -f "$HERE/manifests/prometheus.yaml" -f "$HERE/manifests/kube-state-metrics.yaml" \
    -f "$HERE/manifests/ingress.yaml"
  say "The shop"
  kube apply -f "$SHOP/manifests/shop.yaml"
  # What an earlier run added to these objects goes: stories, sidecars.
  kube replace --save-config -f "$SHOP/manifests/shop.yaml"
  kube delete --ignore-not-found -f "$SHOP/manifests/gift-cards.yaml"
  local story
  for story in ${stories[@]+"${stories[@]}"}; do
    say "The story $story"
    tell "$story"
  done
  say "Until all of it is ready"
  wait_for deployment monitoring
  wait_for deployment traefik
  wait_for statefulset shop
  wait_for deployment shop
}

# Those of examples/shop/stories.yaml.
tell() {
  case $1 in
    slow-hop) set_env payments LATENCY=fixed:0.25 ;;
    failing-edge) set_env mailer ERROR_RATE=0.25 ;;
    retry-storm)
      set_env inventory ERROR_RATE=0.75
      set_env orders RETRIES=4
      ;;
    canary-in-code) set_env catalog CANARY_PERCENT=10 CANARY_LATENCY=fixed:0.01 ;;
    cycle)
      set_env catalog CALLS=recommendations/status \
        RECOMMENDATIONS_URL=http://recommendations:8080
      ;;
    never-called) kube apply -f "$SHOP/manifests/gift-cards.yaml" ;;
    undeclared-call) set_env recommendations "CALLS=catalog payments/status" ;;
  esac
}

set_env() {
  local deployment=$1
  shift
  kube set env "deployment/$deployment" --namespace shop "$@"
}

wait_for() {
  kube rollout status "$1" --namespace "$2" --timeout "$PATIENCE"
}

# What customers did is in the snapshot NAME.json.gz and on the page NAME.html.
scan() {
  local name=$output/$1
  say "Customers shop for $watch seconds"
  run sleep "$watch"
  say "What mesh-probe sees"
  run "$mesh_probe" scan --context "$CONTEXT" --window "${watch}s" --lookback "${watch}s" \
    --save "$name.json.gz" --format html --output "$name.html"
  run "$mesh_probe" report "$name.json.gz"
}

join_mesh() {
  # With its CNI plugin the pods need no more rights than before: the namespace is "baseline".
  say "Istio $ISTIO"
  helm_install istio-base base
  helm_install istio-cni cni --set global.resources.requests.cpu=10m
  helm_install istiod istiod --set pilot.cni.enabled=true \
    --set pilot.resources.requests.cpu=100m --set pilot.resources.requests.memory=256Mi \
    --set global.proxy.resources.requests.cpu=10m
  say "The shop joins the mesh"
  kube label namespace shop istio-injection=enabled --overwrite
  kube rollout restart statefulset --namespace shop
  kube rollout restart deployment --namespace shop
  wait_for statefulset shop
  wait_for deployment shop
  scan with-istio
  say "What changed: how much is in the mesh, what it adds to latency, what is encrypted"
  run "$mesh_probe" diff "$output/before.json.gz" "$output/with-istio.json.gz"
}

helm_install() {
  local release=$1 chart=$2
  shift 2
  run helm upgrade --install "$release" "$chart" --repo "$ISTIO_CHARTS" --version "$ISTIO" \
    --kube-context "$CONTEXT" --namespace istio-system --create-namespace \
    --wait --timeout "$PATIENCE" "$@"
}

run_in_cluster() {
  local now=job/mesh-probe-now packed=$output/in-cluster.txt.gz.base64
  say "mesh-probe in the cluster"
  load_image mesh-probe:demo "$ROOT"
  run_to "$output/mesh-probe.yaml" "$mesh_probe" manifests --image mesh-probe:demo \
    --with configmap
  kube apply -f "$output/mesh-probe.yaml"
  kube delete --ignore-not-found "$now" --namespace mesh-probe
  kube create job mesh-probe-now --namespace mesh-probe --from cronjob/mesh-probe
  kube wait "$now" --namespace mesh-probe --for condition=complete --timeout 15m
  say "Its report is $output/in-cluster.txt"
  run_to "$packed" kubectl --context "$CONTEXT" get configmap mesh-probe-report \
    --namespace mesh-probe --output 'jsonpath={.binaryData.report\.txt\.gz}'
  [[ $dry_run ]] || base64 --decode <"$packed" | gunzip >"$output/in-cluster.txt"
}

open_report() {
  local opener
  [[ ! $no_open ]] || return 0
  for opener in xdg-open open; do
    if command -v "$opener" >/dev/null; then
      run "$opener" "$1" || true # a machine without a screen
      return
    fi
  done
}

delete_cluster() {
  say "The cluster goes"
  run kind delete cluster --name "$CLUSTER"
}

say_what_is_left() {
  local status=$?
  [[ $status -ne 0 && ! $dry_run ]] || return 0
  say "This failed. What there is of the cluster is left to look at:"
  printf '  export KUBECONFIG=%q\n  kubectl --context %s get pods --all-namespaces\n' \
    "$KUBECONFIG" "$CONTEXT" >&2
  printf '  %q --delete\n' "$HERE/demo.sh" >&2
}

value() {
  [[ $# -ge 2 && $2 ]] || wrong_usage "$1 wants a value"
}

kubernetes=$KUBERNETES watch=120 output=mesh-probe-demo
with_istio='' in_cluster='' keep='' no_open='' dry_run='' delete_only=''
stories=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --with-istio) with_istio=yes ;;
    --in-cluster) in_cluster=yes ;;
    --keep) keep=yes ;;
    --no-open) no_open=yes ;;
    --dry-run) dry_run=yes ;;
    --delete) delete_only=yes ;;
    --story)
      value "$@"
      [[ " $STORIES " == *" $2 "* ]] || wrong_usage "there is no story $2"
      stories+=("$2")
      shift
      ;;
    --kubernetes)
      value "$@"
      kubernetes=${2#v}
      shift
      ;;
    --watch)
      value "$@"
      [[ $2 =~ ^[1-9][0-9]*$ ]] || wrong_usage "--watch is a number of seconds, not $2"
      watch=$2
      shift
      ;;
    --output)
      value "$@"
      output=$2
      shift
      ;;
    -h | --help)
      usage
      exit
      ;;
    *) wrong_usage "there is no option $1" ;;
  esac
  shift
done

image=$(node_image "$kubernetes")
find_mesh_probe
[[ $dry_run ]] || check
if [[ $delete_only ]]; then
  delete_cluster
  exit
fi
[[ $dry_run ]] || mkdir -p "$output"
[[ $output == /* ]] || output=$PWD/$output
# The kubeconfig of whoever runs this stays as it is, and so does its current context.
export KUBECONFIG=$output/kubeconfig
trap say_what_is_left EXIT

make_cluster
open_shop
scan before
[[ ! $with_istio ]] || join_mesh
[[ ! $in_cluster ]] || run_in_cluster
open_report "$output/before.html"
if [[ $keep ]]; then
  say "The cluster stays. Look around with"
  printf '  export KUBECONFIG=%q\nand remove it with\n  %q --delete\n' \
    "$KUBECONFIG" "$HERE/demo.sh" >&2
else
  delete_cluster
fi
say "Snapshots and pages are in $output"
