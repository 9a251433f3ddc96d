module github.com/fivcglue/fivcglue-go/benchmarks

go 1.26.0

replace github.com/fivcglue/fivcglue-go => ../

require (
	github.com/fivcglue/fivcglue-go v0.0.0
	github.com/samber/do/v2 v2.0.0
	go.uber.org/dig v1.19.0
)

require github.com/samber/go-type-to-string v1.8.0 // indirect
