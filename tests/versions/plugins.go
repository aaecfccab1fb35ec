package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

const schedulerPath = "k8s.io/kubernetes/pkg/scheduler/"

// plugin is a default plugin; gate is what it depends on, if anything.
type plugin struct {
	name   string
	weight int
	gate   string
}

// defaultPlugins reads pkg/scheduler/apis/config/v1/default_plugins.go: the list of getDefaultPlugins, and what
// applyFeatureGates puts into it, in its order.
func defaultPlugins(all packages) ([]plugin, error) {
	p := all[schedulerPath+"apis/config/v1"]
	if p == nil {
		return nil, fmt.Errorf("pkg/scheduler/apis/config/v1 is not among the packages")
	}
	functions := map[string]*ast.FuncDecl{}
	var file *ast.File
	for _, candidate := range p.files {
		for _, decl := range candidate.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil {
				functions[fn.Name.Name] = fn
				if fn.Name.Name == "getDefaultPlugins" {
					file = candidate
				}
			}
		}
	}
	base, apply := functions["getDefaultPlugins"], functions["applyFeatureGates"]
	if base == nil || apply == nil {
		return nil, fmt.Errorf("default_plugins.go has no getDefaultPlugins and applyFeatureGates")
	}
	plugins := all.pluginsIn(p, file, base)
	for _, statement := range apply.Body.List {
		condition, ok := statement.(*ast.IfStmt)
		if !ok || condition.Else != nil {
			return nil, fmt.Errorf("applyFeatureGates has a statement in a form that is not known")
		}
		call, ok := condition.Cond.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return nil, fmt.Errorf("applyFeatureGates has a condition in a form that is not known")
		}
		gate := all.text(p, file, call.Args[0])
		var body ast.Node = condition.Body
		if only, ok := condition.Body.List[0].(*ast.ExprStmt); ok && len(condition.Body.List) == 1 {
			if call, ok := only.X.(*ast.CallExpr); ok {
				if ident, ok := call.Fun.(*ast.Ident); ok && functions[ident.Name] != nil {
					body = functions[ident.Name].Body
				}
			}
		}
		added := all.pluginsIn(p, file, body)
		if gate == "" || len(added) == 0 {
			return nil, fmt.Errorf("applyFeatureGates adds nothing that is known for %q", gate)
		}
		at := len(plugins)
		if anchor := all.anchor(p, file, body); anchor != "" {
			at = slices.IndexFunc(plugins, func(p plugin) bool { return p.name == anchor })
			if at < 0 {
				return nil, fmt.Errorf("applyFeatureGates puts %s beside %s, which is not there", added[0].name, anchor)
			}
		}
		// One written twice in a function (at its place, or else at the end) is one plugin.
		added = slices.CompactFunc(added, func(a, b plugin) bool { return a.name == b.name })
		for i := range added {
			added[i].gate = gate
		}
		plugins = slices.Insert(plugins, at, added...)
	}
	return plugins, nil
}

// pluginsIn are the literals {Name: names.X, Weight: ptr.To[int32](N)} below a node, in their order.
func (all packages) pluginsIn(p *goPackage, file *ast.File, node ast.Node) []plugin {
	var found []plugin
	ast.Inspect(node, func(node ast.Node) bool {
		literal, ok := node.(*ast.CompositeLit)
		if !ok {
			return true
		}
		name := all.text(p, file, field(literal, "Name"))
		if name == "" {
			return true
		}
		one := plugin{name: name}
		if call, ok := field(literal, "Weight").(*ast.CallExpr); ok && len(call.Args) == 1 {
			if weight, ok := call.Args[0].(*ast.BasicLit); ok {
				one.weight, _ = strconv.Atoi(weight.Value)
			}
		}
		found = append(found, one)
		return false
	})
	return found
}

// anchor is the plugin that a function looks for (X.Name == names.ANCHOR), to put its own before it.
func (all packages) anchor(p *goPackage, file *ast.File, node ast.Node) string {
	found := ""
	ast.Inspect(node, func(node ast.Node) bool {
		if comparison, ok := node.(*ast.BinaryExpr); ok && comparison.Op == token.EQL {
			if name := all.text(p, file, comparison.Y); name != "" {
				found = name
			}
		}
		return true
	})
	return found
}

// methods that make a plugin take part in an extension point, in the order in which a pod meets them.
var methods = []struct{ method, point string }{
	{"PreEnqueue", "PreEnqueue"},
	{"Less", "QueueSort"},
	{"PreFilter", "PreFilter"},
	{"Filter", "Filter"},
	{"PostFilter", "PostFilter"},
	{"PreScore", "PreScore"},
	{"Score", "Score"},
	{"Reserve", "Reserve"},
	{"Permit", "Permit"},
	{"PreBind", "PreBind"},
	{"Bind", "Bind"},
	{"PostBind", "PostBind"},
	{"GeneratePlacements", "PlacementGenerate"},
	{"ScorePlacement", "PlacementScore"},
	{"PodGroupPostFilter", "PodGroupPostFilter"},
}

// extensionPoints of every plugin in tree: the types below framework/plugins whose Name is a constant, by the methods
// that they have.
func extensionPoints(all packages) (map[string][]string, error) {
	registry := all[schedulerPath+"framework/plugins"]
	if registry == nil {
		return nil, fmt.Errorf("pkg/scheduler/framework/plugins is not among the packages")
	}
	points := map[string][]string{}
	for path, p := range all {
		if !strings.HasPrefix(path, registry.path+"/") {
			continue
		}
		has := map[string]map[string]bool{}
		names := map[string]string{}
		for _, file := range p.files {
			for _, decl := range file.Decls {
				fn, ok := decl.(*ast.FuncDecl)
				if !ok || fn.Recv == nil {
					continue
				}
				receiver := typeName(fn.Recv.List[0].Type)
				if has[receiver] == nil {
					has[receiver] = map[string]bool{}
				}
				has[receiver][fn.Name.Name] = true
				if fn.Name.Name == "Name" && len(fn.Body.List) == 1 {
					if ret, ok := fn.Body.List[0].(*ast.ReturnStmt); ok && len(ret.Results) == 1 {
						names[receiver] = all.text(p, file, ret.Results[0])
					}
				}
			}
		}
		for receiver, name := range names {
			if name == "" {
				continue
			}
			points[name] = []string{}
			for _, m := range methods {
				if has[receiver][m.method] {
					points[name] = append(points[name], m.point)
				}
			}
		}
	}
	if len(points) < 15 {
		return nil, fmt.Errorf("only %d plugins found", len(points))
	}
	return points, nil
}
