package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	for _, test := range []struct {
		name        string
		environment map[string]string
		want        []string
	}{
		{"as it is", nil, []string{
			"port 8080, timeout 1.5s, banner false, release 007",
			"server a.example.com of weight 10",
			`taking weight 1: examples/config/settings.yml:11:15: session "web": key "servers.1.weight": must be a whole number`,
			"server b.example.com of weight 1",
			"the port is still 8080",
		}},
		{"with an environment", map[string]string{"SHOP_WEB__PORT": "9090", "SHOP_WEB__SERVERS__1__WEIGHT": "5"}, []string{
			"port 9090, timeout 1.5s, banner false, release 007",
			"server a.example.com of weight 10",
			"server b.example.com of weight 5",
			"the port is still 9090",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir("../..")
			for name, value := range test.environment {
				t.Setenv(name, value)
			}
			var out strings.Builder
			if err := run(t.Context(), &out); err != nil {
				t.Fatal(err)
			}
			if got, want := out.String(), strings.Join(test.want, "\n")+"\n"; got != want {
				t.Errorf("printed\n%swant\n%s", got, want)
			}
		})
	}
}
