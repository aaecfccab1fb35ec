// The control plane of the end-to-end tests: etcd, kube-apiserver and kube-scheduler as upstream
// builds them, in one binary so that the packages they share are compiled and linked once.
//
//	controlplane etcd|kube-apiserver|kube-scheduler FLAG...
//	controlplane key          prints a private key to sign service account tokens with
package main

import (
	"fmt"
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/client-go/util/keyutil"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

func main() {
	if len(os.Args) < 2 {
		usage()
	}
	component := os.Args[1]
	os.Args = os.Args[1:] // each component reads its flags from here
	switch component {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-scheduler":
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	case "key":
		key, err := keyutil.MakeEllipticPrivateKeyPEM()
		if err != nil {
			fmt.Fprintln(os.Stderr, "controlplane:", err)
			os.Exit(1)
		}
		os.Stdout.Write(key)
	default:
		usage()
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: controlplane etcd|kube-apiserver|kube-scheduler FLAG... | key")
	os.Exit(2)
}
