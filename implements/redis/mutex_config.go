package redis

import (
	"errors"
	"fmt"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
)

// MutexSiteConfig is the configuration of a MutexSite. Start from
// DefaultMutexSiteConfig.
type MutexSiteConfig struct {
	Config `mapstructure:",squash"`

	// AutoExtend has leases renew themselves, at a third of their time, until
	// they are released or the process ends.
	AutoExtend bool `mapstructure:"auto_extend" doc:"whether a lease renews itself until it is released; false: it ends with its time unless it is extended"`

	// PollInterval is how often a waiter asks by itself. It is woken when the
	// mutex is released; it asks for the case that the message was lost, or
	// that the holder was a program which sends none.
	PollInterval time.Duration `mapstructure:"poll_interval" doc:"how often a waiter asks by itself, beside being woken by a release"`
}

// The bounds of PollInterval. A waiter that has not asked for three intervals
// is taken for dead.
const (
	minPollInterval = 10 * time.Millisecond
	maxPollInterval = time.Minute
)

// DefaultMutexSiteConfig returns the configuration of an item that has no keys.
func DefaultMutexSiteConfig() MutexSiteConfig {
	return MutexSiteConfig{Config: DefaultConfig(), AutoExtend: true, PollInterval: time.Second}
}

// Validate returns a component.KeyError for each key that is wrong, joined.
func (c MutexSiteConfig) Validate() error {
	err := c.Config.Validate()
	if c.PollInterval < minPollInterval || c.PollInterval > maxPollInterval {
		err = errors.Join(err, component.KeyError{
			Key: "poll_interval", Err: fmt.Errorf("must be %v to %v", minPollInterval, maxPollInterval),
		})
	}
	return err
}
