package redis

import (
	"errors"
	"fmt"

	"github.com/fivcglue/fivcglue-go/component"
)

// CacheConfig is the configuration of a Cache. Start from DefaultCacheConfig.
type CacheConfig struct {
	Config `mapstructure:",squash"`

	// KeyPrefix stands before each key in Redis and nowhere else: callers
	// neither give nor see it. Without one a Python program and this one see
	// the same keys.
	KeyPrefix string `mapstructure:"key_prefix" doc:"what stands before each key in Redis, to keep programs apart"`
}

// maxPrefix is the size of the longest KeyPrefix in bytes.
const maxPrefix = 1024

// DefaultCacheConfig returns the configuration of a Cache that is given none:
// DefaultConfig, without a prefix.
func DefaultCacheConfig() CacheConfig { return CacheConfig{Config: DefaultConfig()} }

// Validate joins a component.KeyError for each key that is wrong.
func (c CacheConfig) Validate() error {
	err := c.Config.Validate()
	if len(c.KeyPrefix) > maxPrefix {
		err = errors.Join(err, component.KeyError{
			Key: "key_prefix", Err: fmt.Errorf("has %d bytes, and %d is the most", len(c.KeyPrefix), maxPrefix),
		})
	}
	return err
}
