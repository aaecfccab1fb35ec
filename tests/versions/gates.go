package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// gate is a feature gate as a minor has it.
type gate struct {
	name, stage     string
	on, locked      bool
	readByScheduler bool
	needs           []string
}

func (g gate) row() string {
	row := fmt.Sprintf("Gate::%s(%q, %t)", g.stage, g.name, g.on)
	if g.locked {
		row += ".locked()"
	}
	if g.readByScheduler {
		row += ".read()"
	}
	if len(g.needs) > 0 {
		quoted := []string{}
		for _, need := range g.needs {
			quoted = append(quoted, strconv.Quote(need))
		}
		row += ".needs(&[" + strings.Join(quoted, ", ") + "])"
	}
	return row
}

// stages by the names of their constants; a gate whose specs are all newer than the binary has none.
var stages = map[string]string{"Alpha": "alpha", "Beta": "beta", "GA": "stable", "Deprecated": "deprecated"}

// readGates collects the tables of gates of all packages that add theirs to the gates of the process
// (DefaultMutableFeatureGate), and what each gate is in a minor.
func readGates(all packages, minor int) ([]gate, error) {
	registered := registering(all)
	found := map[string]gate{}
	needs := map[string][]string{}
	for _, p := range all {
		if !registered[p.path] {
			continue
		}
		for _, file := range p.files {
			for _, spec := range specs(file, token.VAR) {
				for _, value := range spec.Values {
					literal, ok := value.(*ast.CompositeLit)
					if !ok {
						continue
					}
					table, ok := literal.Type.(*ast.MapType)
					if !ok || typeName(table.Key) != "Feature" {
						continue
					}
					for _, element := range literal.Elts {
						pair := element.(*ast.KeyValueExpr)
						name := all.text(p, file, pair.Key)
						entry, ok := pair.Value.(*ast.CompositeLit)
						if name == "" || !ok {
							return nil, fmt.Errorf("%s: a gate in a form that is not known: %s %q", p.path, expression(pair.Key), name)
						}
						switch typeName(table.Value) {
						case "[]Feature":
							for _, need := range entry.Elts {
								needs[name] = append(needs[name], all.text(p, file, need))
							}
						case "VersionedSpecs", "FeatureSpec":
							g, err := gateAt(name, entry, minor)
							if err != nil {
								return nil, fmt.Errorf("%s: %w", p.path, err)
							}
							if other, twice := found[name]; twice && (other.on != g.on || other.stage != g.stage || other.locked != g.locked) {
								return nil, fmt.Errorf("gate %s stands in two tables, and they differ", name)
							}
							if g.stage != "" {
								found[name] = g
							}
						}
					}
				}
			}
		}
	}
	if len(found) < 100 {
		return nil, fmt.Errorf("only %d gates found", len(found))
	}
	reads := readByScheduler(all)
	gates := []gate{{name: "AllAlpha", stage: "alpha"}, {name: "AllBeta", stage: "beta"}}
	for name, g := range found {
		g.readByScheduler = reads[name]
		g.needs = needs[name]
		gates = append(gates, g)
	}
	slices.SortFunc(gates, func(a, b gate) int { return strings.Compare(a.name, b.name) })
	return gates, nil
}

// registering are the packages whose gates become those of the process: by their init, or because another package
// calls the function that adds them.
func registering(all packages) map[string]bool {
	found := map[string]bool{}
	for _, p := range all {
		for _, file := range p.files {
			for _, decl := range file.Decls {
				fn, ok := decl.(*ast.FuncDecl)
				if !ok || fn.Name.Name != "init" {
					continue
				}
				if !mentions(fn, "DefaultMutableFeatureGate") {
					continue
				}
				ast.Inspect(fn, func(node ast.Node) bool {
					call, ok := node.(*ast.CallExpr)
					if !ok {
						return true
					}
					selector, ok := call.Fun.(*ast.SelectorExpr)
					if !ok {
						return true
					}
					switch selector.Sel.Name {
					case "Add", "AddVersioned":
						found[p.path] = true
					case "AddFeatureGates", "AddVersionedFeaturesToExistingFeatureGates":
						if other := all.imported(file, selector.X); other != nil {
							found[other.path] = true
						}
					}
					return true
				})
			}
		}
	}
	return found
}

// gateAt is the newest of a gate's specs that is not newer than the minor
// (component-base featuregate/feature_gate.go: featureSpecAtEmulationAndMinCompatVersion).
func gateAt(name string, entry *ast.CompositeLit, minor int) (gate, error) {
	specs := []*ast.CompositeLit{entry}
	if field(entry, "PreRelease") == nil && len(entry.Elts) > 0 {
		specs = nil
		for _, element := range entry.Elts {
			spec, ok := element.(*ast.CompositeLit)
			if !ok {
				return gate{}, fmt.Errorf("gate %s: a spec in a form that is not known", name)
			}
			specs = append(specs, spec)
		}
	}
	for i := len(specs) - 1; i >= 0; i-- {
		since, err := minorOf(field(specs[i], "Version"))
		if err != nil {
			return gate{}, fmt.Errorf("gate %s: %w", name, err)
		}
		compatible, err := minorOf(field(specs[i], "MinCompatibilityVersion"))
		if err != nil {
			return gate{}, fmt.Errorf("gate %s: %w", name, err)
		}
		// Without a flag, a process is compatible with the minor before its own.
		if since > minor || compatible > minor-1 {
			continue
		}
		stage := stages[typeName(field(specs[i], "PreRelease"))]
		if stage == "" {
			return gate{}, fmt.Errorf("gate %s: a stage that is not known", name)
		}
		return gate{name: name, stage: stage, on: isTrue(field(specs[i], "Default")), locked: isTrue(field(specs[i], "LockToDefault"))}, nil
	}
	return gate{}, nil
}

func isTrue(expr ast.Expr) bool {
	ident, ok := expr.(*ast.Ident)
	return ok && ident.Name == "true"
}

// minorOf reads version.MustParse("1.37"); no expression is every version.
func minorOf(expr ast.Expr) (int, error) {
	if expr == nil {
		return 0, nil
	}
	call, ok := expr.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return 0, fmt.Errorf("a version in a form that is not known")
	}
	last, ok := call.Args[len(call.Args)-1].(*ast.BasicLit)
	if !ok {
		return 0, fmt.Errorf("a version in a form that is not known")
	}
	text := strings.Trim(last.Value, "\"")
	return strconv.Atoi(text[strings.LastIndex(text, ".")+1:])
}

// readByScheduler are the gates that the scheduler's packages name, as features.NAME.
func readByScheduler(all packages) map[string]bool {
	found := map[string]bool{}
	for _, p := range all {
		if !p.scheduler || strings.HasSuffix(p.path, "/features") {
			continue
		}
		for _, file := range p.files {
			ast.Inspect(file, func(node ast.Node) bool {
				selector, ok := node.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if other := all.imported(file, selector.X); other != nil && strings.HasSuffix(other.path, "/features") {
					if name := all.text(other, nil, selector.Sel); name != "" {
						found[name] = true
					}
				}
				return true
			})
		}
	}
	return found
}
