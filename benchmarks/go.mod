module github.com/fivcglue/fivcglue-go/benchmarks

go 1.26.0

replace github.com/fivcglue/fivcglue-go => ../

require (
	github.com/fivcglue/fivcglue-go v0.0.0
	github.com/maypok86/otter/v2 v2.4.0
	github.com/mitchellh/mapstructure v1.5.0
	github.com/redis/go-redis/v9 v9.23.0
	github.com/samber/do/v2 v2.0.0
	go.uber.org/dig v1.19.0
	gopkg.in/yaml.v3 v3.0.1
)

require (
	github.com/alicebob/miniredis/v2 v2.40.0 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/samber/go-type-to-string v1.8.0 // indirect
	github.com/yuin/gopher-lua v1.1.1 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
)
