// kube-controller-manager as upstream builds it, for the scenarios of the end-to-end tests. A program of its own: the
// control plane is of use without it, and is kept where only this changes.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	os.Exit(cli.Run(controllers.NewControllerManagerCommand()))
}
