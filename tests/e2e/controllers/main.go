// kube-controller-manager as upstream builds it, for the end-to-end tests that hold our controllers
// against the real ones. A binary of its own: the other tests run without controllers, and need not wait for it.
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
