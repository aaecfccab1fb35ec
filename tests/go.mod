// Only names the module of the Go programs here: kubernetes-module.sh writes one go.mod for each Kubernetes version.
module kubectl-sched.dev/tests

go 1.24.0
