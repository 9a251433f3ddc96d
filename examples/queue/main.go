// Queue shows workers that can be killed. It needs a Redis server, at
// REDIS_URL or on this machine. In as many terminals as you like, from the root
// of the repository:
//
//	go run ./examples/queue work           # handles messages until it is interrupted, or killed
//	go run ./examples/queue produce 20     # adds 20 messages
//	go run ./examples/queue status         # what waits, is in flight, delayed, dead
//	go run ./examples/queue retry          # puts the dead letters back
//
// Kill a worker in the middle of its work (kill -9) and see another finish it,
// as attempt 2. Every tenth message always fails, and ends among the dead
// letters after three attempts.
package main

import (
	_ "github.com/fivcglue/fivcglue-go/implements" // the built-in classes

	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

const queue = "letters"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	site, err := builder.LoadComponentSite("examples/queue/config.yml")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, site.Close(context.WithoutCancel(ctx))) }()
	queues, err := component.Get[interfaces.IQueueSite](site, "")
	if err != nil {
		return err
	}
	switch command := strings.Join(args, " "); {
	case command == "work":
		return work(ctx, queues, out)
	case len(args) == 2 && args[0] == "produce":
		return produce(ctx, queues, args[1])
	case command == "status":
		return status(ctx, queues, out)
	case command == "retry":
		return retry(ctx, queues, out)
	default:
		return errors.New("usage: queue work | produce N | status | retry")
	}
}

func produce(ctx context.Context, queues interfaces.IQueueSite, count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	producer, err := queues.GetProducer(queue)
	if err != nil {
		return err
	}
	messages := make([][]byte, n)
	for i := range messages {
		messages[i] = fmt.Append(nil, "letter ", i+1)
	}
	return producer.Produce(ctx, messages...)
}

// work ends when ctx does, after the messages that it is at.
func work(ctx context.Context, queues interfaces.IQueueSite, out io.Writer) error {
	consumer, err := queues.GetConsumer(queue)
	if err != nil {
		return err
	}
	return consumer.Consume(ctx, func(ctx context.Context, m interfaces.Message) error {
		fmt.Fprintf(out, "%s: attempt %d\n", m.Body, m.Attempt)
		select {
		case <-time.After(300 * time.Millisecond): // the work
		case <-ctx.Done(): // somebody else may have the message by now
			return context.Cause(ctx)
		}
		if strings.HasSuffix(string(m.Body), "0") {
			return errors.New("nobody lives there")
		}
		fmt.Fprintf(out, "%s: delivered\n", m.Body)
		return nil
	})
}

func status(ctx context.Context, queues interfaces.IQueueSite, out io.Writer) error {
	inspector, ok := queues.(interfaces.IQueueInspector)
	if !ok {
		return errors.New("these queues cannot be inspected")
	}
	depth, err := inspector.GetDepth(ctx, queue)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d waiting, %d in flight, %d delayed, %d dead\n", depth.Waiting, depth.InFlight, depth.Delayed, depth.Dead)
	for d, err := range inspector.ListDead(ctx, queue) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: dead after %d attempts: %s\n", d.Body, d.Attempt, d.Reason)
	}
	return nil
}

func retry(ctx context.Context, queues interfaces.IQueueSite, out io.Writer) error {
	inspector, ok := queues.(interfaces.IQueueInspector)
	if !ok {
		return errors.New("these queues cannot be inspected")
	}
	var ids []string
	for d, err := range inspector.ListDead(ctx, queue) {
		if err != nil {
			return err
		}
		ids = append(ids, d.ID)
	}
	n, err := inspector.RestoreDead(ctx, queue, ids...)
	fmt.Fprintf(out, "%d put back\n", n)
	return err
}
