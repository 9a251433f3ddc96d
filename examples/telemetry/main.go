// Command telemetry shows what OpenTelemetry is told of a cache and a queue.
//
// The program knows nothing of it but to set providers, which a real one takes
// from the SDK; these here print. That calls are told of is said in config.yml
// alone. Run it in the project's folder:
//
//	go run ./examples/telemetry
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	_ "github.com/fivcglue/fivcglue-go/implements" // the built-in classes
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/otelprint"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	metrics, traces := otelprint.NewMetrics(), otelprint.NewTraces()
	otel.SetMeterProvider(metrics)
	otel.SetTracerProvider(traces)

	site, err := builder.LoadComponentSite("examples/telemetry/config.yml")
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := site.Close(ctx); err == nil {
			err = closeErr
		}
	}()

	if err := useCache(ctx, site); err != nil {
		return err
	}
	if err := useQueue(ctx, site); err != nil {
		return err
	}

	fmt.Fprintln(out, "Metrics: the sum of a counter, the last of a gauge, how often a duration was told.")
	if err := metrics.Print(ctx, out); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nSpans, by the time when they ended.")
	for _, span := range traces.Spans() {
		fmt.Fprintln(out, span)
	}
	return nil
}

// useCache does so within a request, which has a span.
func useCache(ctx context.Context, site *component.Site) error {
	cache, err := component.Get[interfaces.ICache](site, "")
	if err != nil {
		return err
	}
	ctx, request := otel.Tracer("example").Start(ctx, "GET /cart")
	defer request.End()

	if err := cache.SetValue(ctx, "cart:1", []byte("three apples"), time.Minute); err != nil {
		return err
	}
	for _, key := range []string{"cart:1", "cart:2"} {
		if _, err := cache.GetValue(ctx, key); err != nil && !errors.Is(err, interfaces.ErrMiss) {
			return err
		}
	}
	return nil
}

// useQueue has one message handled at once, and one at the second attempt.
func useQueue(ctx context.Context, site *component.Site) error {
	queues, err := component.Get[interfaces.IQueueSite](site, "")
	if err != nil {
		return err
	}
	producer, err := queues.GetProducer("orders")
	if err != nil {
		return err
	}
	consumer, err := queues.GetConsumer("orders")
	if err != nil {
		return err
	}
	if err := producer.Produce(ctx, []byte("apples"), []byte("pears")); err != nil {
		return err
	}

	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	left := make(chan struct{}, 2)
	left <- struct{}{}
	return consumer.Consume(ctx, func(_ context.Context, m interfaces.Message) error {
		if string(m.Body) == "pears" && m.Attempt == 1 {
			return errors.New("there are no pears yet")
		}
		select {
		case <-left:
		default:
			stop()
		}
		return nil
	})
}
