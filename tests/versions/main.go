// versions writes the table of a Kubernetes minor (src/config/versions/v1_37.rs) as it can be read off kube-scheduler's
// source: the feature gates that its --feature-gates knows, the default plugins with their weights and the gates they
// depend on, and the extension points of every plugin in tree. Nothing of Kubernetes is compiled. Where the source has a
// form that this program does not know, it says so and writes nothing.
//
// Usage: versions VERSION < PACKAGES, where each line of PACKAGES is "IMPORTPATH DIR SCHEDULER": a package linked into
// kube-scheduler, its folder, and whether pkg/scheduler depends on it ("true"). See run.
package main

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "versions:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return fmt.Errorf("usage: versions VERSION < PACKAGES")
	}
	var minor, patch int
	if _, err := fmt.Sscanf(os.Args[1], "v1.%d.%d", &minor, &patch); err != nil {
		return fmt.Errorf("%s is no version such as v1.37.2", os.Args[1])
	}
	packages, err := readPackages()
	if err != nil {
		return err
	}
	gates, err := readGates(packages, minor)
	if err != nil {
		return err
	}
	plugins, err := defaultPlugins(packages)
	if err != nil {
		return err
	}
	points, err := extensionPoints(packages)
	if err != nil {
		return err
	}
	print(minor, patch, gates, plugins, points)
	return nil
}

func readPackages() (packages, error) {
	found := packages{}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 {
			return nil, fmt.Errorf("%q is not \"IMPORTPATH DIR SCHEDULER\"", lines.Text())
		}
		p, err := parsePackage(fields[0], fields[1])
		if err != nil {
			return nil, err
		}
		p.scheduler = fields[2] == "true"
		found[fields[0]] = p
	}
	return found, lines.Err()
}

func print(minor, patch int, gates []gate, plugins []plugin, points map[string][]string) {
	fmt.Printf("//! Kubernetes v1.%d, as the source of v1.%d.%d has it. Written by `just versions`: do not edit.\n\n", minor, minor, patch)
	fmt.Println("use super::table::{DefaultPlugin, Gate, Minor};")
	fmt.Println("use crate::config::extension_points::ExtensionPoint::*;")
	fmt.Printf("\n#[rustfmt::skip]\npub(super) const MINOR: Minor = Minor {\n    minor: %d,\n    patch: %d,\n", minor, patch)
	fmt.Println("    plugins: &[")
	for _, p := range plugins {
		row := fmt.Sprintf("DefaultPlugin::new(%q, %d)", p.name, p.weight)
		if p.gate != "" {
			row += fmt.Sprintf(".when(%q)", p.gate)
		}
		fmt.Printf("        %s,\n", row)
	}
	fmt.Println("    ],\n    points: &[")
	for _, name := range slices.Sorted(maps.Keys(points)) {
		fmt.Printf("        (%q, &[%s]),\n", name, strings.Join(points[name], ", "))
	}
	fmt.Println("    ],\n    gates: &[")
	for _, g := range gates {
		fmt.Printf("        %s,\n", g.row())
	}
	fmt.Println("    ],\n};")
}
