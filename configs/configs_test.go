package configs_test

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/configs"
)

func TestNamesListsEveryFile(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), ".yml"); ok {
			want = append(want, name)
		}
	}
	if got := configs.Names(); !slices.Equal(got, want) {
		t.Errorf("Names() = %q, the folder has %q", got, want)
	}
	if !slices.Contains(configs.Names(), configs.Basics) {
		t.Errorf("Names() = %q lacks %q", configs.Names(), configs.Basics)
	}
}

func TestOpenGivesTheFileWithAndWithoutExtension(t *testing.T) {
	for _, name := range configs.Names() {
		want, err := os.ReadFile(configs.FileName(name))
		if err != nil {
			t.Fatal(err)
		}
		for _, asked := range []string{name, name + ".yml"} {
			got, err := configs.Open(asked)
			if err != nil {
				t.Errorf("Open(%q): %v", asked, err)
			}
			if string(got) != string(want) {
				t.Errorf("Open(%q) differs from the file", asked)
			}
		}
	}
}

func TestOpenGivesBytesOfTheCallersOwn(t *testing.T) {
	first, err := configs.Open(configs.Basics)
	if err != nil {
		t.Fatal(err)
	}
	want := string(first)
	first[0] = '!'
	second, err := configs.Open(configs.Basics)
	if err != nil {
		t.Fatal(err)
	}
	if string(second) != want {
		t.Error("a change to what Open gave is seen by the next caller")
	}
}

func TestOpenOfAnUnknownNameListsTheKnown(t *testing.T) {
	for _, name := range []string{"", "absent", "../configs/basics", "basics.yaml"} {
		_, err := configs.Open(name)
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open(%q) = %v, want fs.ErrNotExist", name, err)
			continue
		}
		for _, known := range configs.Names() {
			if !strings.Contains(err.Error(), known) {
				t.Errorf("Open(%q) = %q does not name %s", name, err, known)
			}
		}
	}
}
