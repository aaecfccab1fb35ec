package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// packages of Go source, by import path.
type packages map[string]*goPackage

type goPackage struct {
	path  string
	files []*ast.File
	// scheduler is set for what pkg/scheduler depends on.
	scheduler bool
	// constants that are text, or names.X of another package, by their identifier.
	constants map[string]ast.Expr
}

func parsePackage(path, dir string) (*goPackage, error) {
	p := &goPackage{path: path, constants: map[string]ast.Expr{}}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, file)
		for _, spec := range specs(file, token.CONST) {
			for i, ident := range spec.Names {
				if i < len(spec.Values) {
					p.constants[ident.Name] = spec.Values[i]
				}
			}
		}
	}
	return p, nil
}

// specs of a file's var or const declarations.
func specs(file *ast.File, tok token.Token) []*ast.ValueSpec {
	var found []*ast.ValueSpec
	for _, decl := range file.Decls {
		if gen, ok := decl.(*ast.GenDecl); ok && gen.Tok == tok {
			for _, spec := range gen.Specs {
				if value, ok := spec.(*ast.ValueSpec); ok {
					found = append(found, value)
				}
			}
		}
	}
	return found
}

// text of a constant expression in a file of p: a literal, a constant of p, or one of a package that the file imports.
func (all packages) text(p *goPackage, file *ast.File, expr ast.Expr) string {
	switch expr := expr.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(expr.Value)
		return text
	case *ast.Ident:
		if value, ok := p.constants[expr.Name]; ok {
			for _, file := range p.files {
				if text := all.text(p, file, value); text != "" {
					return text
				}
			}
		}
	case *ast.CallExpr:
		// A conversion: featuregate.Feature("X").
		if len(expr.Args) == 1 {
			return all.text(p, file, expr.Args[0])
		}
	case *ast.SelectorExpr:
		if other := all.imported(file, expr.X); other != nil {
			return all.text(other, nil, expr.Sel)
		}
	}
	return ""
}

// imported is the package that an identifier stands for in a file.
func (all packages) imported(file *ast.File, expr ast.Expr) *goPackage {
	ident, ok := expr.(*ast.Ident)
	if !ok || file == nil {
		return nil
	}
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == ident.Name {
			return all[path]
		}
	}
	return nil
}

// typeName of what a type ends in: "VersionedSpecs" of featuregate.VersionedSpecs, "T" of *T.
func typeName(expr ast.Expr) string {
	switch expr := expr.(type) {
	case *ast.StarExpr:
		return typeName(expr.X)
	case *ast.Ident:
		return expr.Name
	case *ast.SelectorExpr:
		return expr.Sel.Name
	case *ast.ArrayType:
		return "[]" + typeName(expr.Elt)
	}
	return ""
}

// field of a composite literal.
func field(literal *ast.CompositeLit, name string) ast.Expr {
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok && key.Name == name {
				return pair.Value
			}
		}
	}
	return nil
}

// mentions tells whether an identifier occurs below a node.
func mentions(node ast.Node, name string) bool {
	found := false
	ast.Inspect(node, func(node ast.Node) bool {
		if ident, ok := node.(*ast.Ident); ok && ident.Name == name {
			found = true
		}
		return !found
	})
	return found
}

// expression as a message shows it.
func expression(expr ast.Expr) string {
	switch expr := expr.(type) {
	case *ast.Ident:
		return expr.Name
	case *ast.SelectorExpr:
		return expression(expr.X) + "." + expr.Sel.Name
	}
	return "an expression"
}
