package builder

import (
	"context"

	"github.com/fivcglue/fivcglue-go/component"
)

// ItemInfo describes an item of a configuration that is in order.
type ItemInfo struct {
	File         string
	Line, Column int

	Class       string // canonical
	ClassAs     string // as the file has it
	Description string
	Entries     []component.Entry
	References  []component.RefInfo // those that are set, by the file or by the defaults
	Values      []Value             // what Prepare would change is not known
}

// Inspect checks the sources as Check does and describes their items, in order.
// Nothing is built.
func (b *Builder) Inspect(ctx context.Context, sources ...Source) ([]ItemInfo, error) {
	c, err := b.check(ctx, b.site, sources)
	if err != nil {
		return nil, err
	}
	infos := make([]ItemInfo, 0, len(c.items))
	for _, it := range c.items {
		info := ItemInfo{
			File: it.doc.Name, Line: int(it.node.Line), Column: int(it.node.Column),
			Class: it.class.Name, ClassAs: it.className.Text, Values: it.values(),
		}
		if _, description := it.node.Get("description"); description != nil {
			if info.Description = description.Text; description.Secret {
				info.Description = redacted
			}
		}
		for _, e := range it.entries {
			info.Entries = append(info.Entries, component.Entry{Interface: e.iface.Name, Name: e.name, Class: it.class.Name})
		}
		for _, ref := range it.refs {
			if ref.Set {
				info.References = append(info.References, ref)
			}
		}
		infos = append(infos, info)
	}
	return infos, nil
}
