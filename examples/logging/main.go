// Command logging shows how a program logs by topic.
//
// The site's file, config.yml, says where records go, in which format, and
// from which level for which topic. The program asks for an
// interfaces.ILoggerSite; the loggers that it gives are plain *slog.Logger.
// Levels change while the program runs, for loggers that are out already too.
// Run it in the project's folder:
//
//	go run ./examples/logging
//	LOG_OUTPUT=/tmp/shop.log go run ./examples/logging
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"log/slog"
	"time"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	_ "github.com/fivcglue/fivcglue-go/implements" // the built-in classes
	"github.com/fivcglue/fivcglue-go/implements/logging"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) (err error) {
	site, err := builder.LoadComponentSite("examples/logging/config.yml")
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := site.Close(ctx); err == nil {
			err = closeErr
		}
	}()
	loggers, err := component.Get[interfaces.ILoggerSite](site, "")
	if err != nil {
		return err
	}

	pool := loggers.GetLogger("db.pool")
	pool.Debug("connection opened", "server", "db1", slog.Group("pool", "open", 3, "idle", 1))

	access := loggers.GetLogger("http.access")
	access.Info("this is below the level of http.*")

	// An attribute that is an error is written with all that it wraps, and a
	// secret is not written.
	failure := fmt.Errorf("load the catalogue: %w", errors.Join(&fs.PathError{Op: "open", Path: "catalogue.db", Err: fs.ErrNotExist}, context.DeadlineExceeded))
	loggers.GetLogger("shop").Error("cannot start", "error", failure, "password", component.NewSecret("hunter2"))

	// A program that wants to change levels asks for the class by its type,
	// as for anything that is not in the contract.
	if site, ok := loggers.(*logging.Site); ok {
		if err := site.SetTopicLevel("http.*", logging.Debug); err != nil {
			return err
		}
		access.Info("and this is not any more", "took", 1500*time.Microsecond)
	}
	return nil
}
