// Command picture runs the demonstration as on a terminal and draws what it
// shows as SVG, for the README.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/fivcglue/fivcglue-go/component"
	_ "github.com/fivcglue/fivcglue-go/implements" // the built-in classes
	"github.com/fivcglue/fivcglue-go/internal/demo"
)

func main() {
	file := flag.String("o", "docs/demo.svg", "the file to write")
	flag.Parse()
	if err := draw(*file); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func draw(file string) error {
	var shown bytes.Buffer
	shown.WriteString("\x1b[2m$\x1b[0m \x1b[1mmake demo\x1b[0m\n\n")
	err := demo.Run(context.Background(), demo.Options{Registry: component.DefaultRegistry(), Out: &shown, Color: true})
	if err != nil {
		return err
	}
	return os.WriteFile(file, toSVG(shown.String()), 0o644)
}
