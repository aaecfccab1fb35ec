// Only names the module: run generates one go.mod a Kubernetes version.
module kubectl-sched.dev/versions

go 1.24.0
