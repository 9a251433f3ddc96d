package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
)

func newGraph(program Program) *cobra.Command {
	var format string
	var connect bool
	cmd := &cobra.Command{
		Use:   "graph FILE",
		Short: "Draw which component uses which",
		Long: `Draw the components of a configuration and the references among them, for
Mermaid, which Markdown pages show as it is, or for Graphviz.

With --connect everything is built, so that what the components look up by
themselves is drawn too, with dotted lines.`,
		Example: fmt.Sprintf("  %[1]s graph config.yml\n  %[1]s graph --format dot config.yml | dot -Tsvg > graph.svg", program.Name),
		Args:    oneFile,
	}
	in := newInput(program, cmd)
	cmd.ValidArgsFunction = completeFile()
	cmd.Flags().StringVar(&format, "format", "mermaid", "`mermaid|dot`")
	cmd.Flags().BoolVar(&connect, "connect", false, "build everything, and draw lookups too")
	choices(cmd, "format", "mermaid", "dot")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := oneOf("format", format, "mermaid", "dot"); err != nil {
			return err
		}
		draw, err := graphOf(cmd.Context(), in, args[0], connect)
		if err != nil {
			return err
		}
		if format == "dot" {
			return draw.writeDot(program.Out)
		}
		return draw.writeMermaid(program.Out)
	}
	return cmd
}

// graph is the components of a configuration and what they use.
type graph struct {
	nodes []graphNode
	edges []graphEdge
}

type graphNode struct {
	class   string
	entries []component.Entry
}

type graphEdge struct {
	from, to int
	label    string // the key of a reference; "" for a lookup
}

func graphOf(ctx context.Context, in *input, file string, connect bool) (*graph, error) {
	if connect {
		g := &graph{}
		err := in.with(ctx, file, func(site *component.Site) error { g.addSite(site); return nil })
		return g, err
	}
	items, err := in.inspect(ctx, file)
	if err != nil {
		return nil, err
	}
	g := &graph{}
	g.addItems(in.program.Registry, items)
	return g, nil
}

func (g *graph) addItems(registry *component.Registry, items []builder.ItemInfo) {
	for _, item := range items {
		g.nodes = append(g.nodes, graphNode{item.Class, item.Entries})
	}
	places := g.places()
	for from, item := range items {
		for _, ref := range item.References {
			entry := component.Entry{Interface: interfaceName(registry, ref), Name: ref.Name}
			if to, ok := places[entry]; ok {
				g.edges = append(g.edges, graphEdge{from, to, ref.Path})
			}
		}
	}
}

// interfaceName returns the config name of what a reference refers to.
func interfaceName(registry *component.Registry, ref component.RefInfo) string {
	for _, i := range registry.Interfaces() {
		if i.Type == ref.Interface {
			return i.Name
		}
	}
	return ref.Interface.String()
}

func (g *graph) addSite(site *component.Site) {
	items := site.Items()
	for _, item := range items {
		node := graphNode{class: item.Class.Name}
		for _, entry := range item.Entries {
			node.entries = append(node.entries, component.Entry{Interface: entry.Interface.Name, Name: entry.Name})
		}
		g.nodes = append(g.nodes, node)
	}
	places := g.places()
	for from, item := range items {
		for _, use := range item.Uses {
			if to, ok := places[component.Entry{Interface: use.Interface, Name: use.Name}]; ok {
				g.edges = append(g.edges, graphEdge{from, to, use.Path})
			}
		}
	}
}

// places returns the node of each entry, whose class does not count.
func (g *graph) places() map[component.Entry]int {
	places := map[component.Entry]int{}
	for i, node := range g.nodes {
		for _, entry := range node.entries {
			places[component.Entry{Interface: entry.Interface, Name: entry.Name}] = i
		}
	}
	return places
}

// label has the class of a node and its entries, a line each.
func (n graphNode) label(newline string) string {
	lines := []string{n.class}
	entries := slices.Clone(n.entries)
	slices.SortFunc(entries, func(a, b component.Entry) int {
		return cmp.Or(cmp.Compare(a.Interface, b.Interface), cmp.Compare(a.Name, b.Name))
	})
	for _, entry := range entries {
		lines = append(lines, entry.Interface+" "+entryName(entry.Name))
	}
	return strings.Join(lines, newline)
}

func (g *graph) writeMermaid(w io.Writer) error {
	var b strings.Builder
	b.WriteString("graph LR\n")
	escape := strings.NewReplacer("#", "#35;", "&", "#amp;", `"`, "#quot;", "<", "#lt;", ">", "#gt;")
	for i, node := range g.nodes {
		parts := strings.Split(node.label("\x00"), "\x00")
		for j := range parts {
			parts[j] = escape.Replace(parts[j])
		}
		fmt.Fprintf(&b, "  n%d[\"%s\"]\n", i+1, strings.Join(parts, "<br>"))
	}
	for _, edge := range g.edges {
		if edge.label == "" {
			fmt.Fprintf(&b, "  n%d -.-> n%d\n", edge.from+1, edge.to+1)
		} else {
			fmt.Fprintf(&b, "  n%d -->|\"%s\"| n%d\n", edge.from+1, escape.Replace(printable(edge.label)), edge.to+1)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (g *graph) writeDot(w io.Writer) error {
	var b strings.Builder
	b.WriteString("digraph components {\n  rankdir=LR\n  node [shape=box]\n")
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;")
	for i, node := range g.nodes {
		parts := strings.Split(node.label("\x00"), "\x00")
		for j := range parts {
			parts[j] = escape.Replace(parts[j])
		}
		fmt.Fprintf(&b, "  n%d [label=\"%s\"]\n", i+1, strings.Join(parts, `\n`))
	}
	for _, edge := range g.edges {
		if edge.label == "" {
			fmt.Fprintf(&b, "  n%d -> n%d [style=dotted]\n", edge.from+1, edge.to+1)
		} else {
			fmt.Fprintf(&b, "  n%d -> n%d [label=\"%s\"]\n", edge.from+1, edge.to+1, escape.Replace(printable(edge.label)))
		}
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}
