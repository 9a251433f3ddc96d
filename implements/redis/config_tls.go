package redis

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/fivcglue/fivcglue-go/component"
)

// TLS are the keys for servers that speak TLS. URL may say rediss:// in place
// of Enabled. Files are PEM, and are read when the component is built.
type TLS struct {
	Enabled    bool   `mapstructure:"tls"                      doc:"whether servers speak TLS, sentinels too; a url of rediss:// says so as well"`
	CA         string `mapstructure:"tls_ca"                   doc:"file of the authorities that a server's certificate may be from; without it those of the system"`
	Cert       string `mapstructure:"tls_cert"                 doc:"file of the certificate to show to servers, where they ask for one"`
	Key        string `mapstructure:"tls_key"                  doc:"file of the key of tls_cert"`
	ServerName string `mapstructure:"tls_server_name"          doc:"the name to look for in a server's certificate; without it the host that was connected to"`
	Insecure   bool   `mapstructure:"tls_insecure_skip_verify" doc:"whether any certificate will do, so that somebody in between can read and change everything"`
}

// given tells whether any of the keys is there.
func (t TLS) given() bool { return t != TLS{} }

// secure returns what c says of TLS, by whichever names.
func (c Config) secure() TLS {
	t := c.TLS
	t.Enabled = t.Enabled || c.SSL
	t.CA = either(t.CA, c.SSLCACerts)
	t.Cert = either(t.Cert, c.SSLCertfile)
	t.Key = either(t.Key, c.SSLKeyfile)
	t.Insecure = t.Insecure || c.SSLCertReqs == certReqsNone
	return t
}

// What redis-py takes for ssl_cert_reqs.
const (
	certReqsNone     = "none"
	certReqsOptional = "optional"
	certReqsRequired = "required"
)

// tls checks what is said of TLS.
func (v *validation) tls(c Config) {
	base := c.base()
	twice := func(given, changed bool, key, same string) {
		v.check(!given || !changed, key, "means the same as %s, which is given too", same)
	}
	twice(c.SSLCACerts != "", c.CA != base.CA, "ssl_ca_certs", "tls_ca")
	twice(c.SSLCertfile != "", c.Cert != base.Cert, "ssl_certfile", "tls_cert")
	twice(c.SSLKeyfile != "", c.Key != base.Key, "ssl_keyfile", "tls_key")
	v.check(slices.Contains([]string{"", certReqsNone, certReqsOptional, certReqsRequired}, c.SSLCertReqs),
		"ssl_cert_reqs", "%q is none of none, optional and required", c.SSLCertReqs)
	t := c.secure()
	for _, file := range []struct{ key, name string }{
		{"tls_ca", c.CA}, {"tls_cert", c.Cert}, {"tls_key", c.Key},
		{"ssl_ca_certs", c.SSLCACerts}, {"ssl_certfile", c.SSLCertfile}, {"ssl_keyfile", c.SSLKeyfile},
	} {
		v.check(!strings.Contains(file.name, "-----BEGIN"), file.key, "is the name of a file, not what stands in it")
	}
	v.check((t.Cert == "") == (t.Key == ""), nameOf(c.Key != "" || c.Cert != "", "tls_cert", "ssl_certfile"),
		"a certificate and its key go together")
	if on := t.Enabled || c.overTLS(); on {
		v.check(c.way() != byPath, nameOf(c.Enabled, "tls", "ssl"), "cannot be on a unix socket")
		return
	}
	t.Enabled = false
	v.check(!t.given(), "tls", "is off, but there are keys that say how it should be: say tls: true, or rediss:// in url")
}

// overTLS tells whether the URL asks for TLS.
func (c Config) overTLS() bool {
	if c.way() != byURL {
		return false
	}
	target, err := parseURL(c.URL.Reveal())
	return err == nil && target.secure
}

// tlsConfig returns what a connection needs, nil without TLS. It reads the
// files, and names them by the keys under which they stand.
func (c Config) tlsConfig(t TLS) (*tls.Config, error) {
	if !t.Enabled {
		return nil, nil //nolint:nilnil // no TLS is no failure
	}
	config := &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: t.ServerName,
		InsecureSkipVerify: t.Insecure, //nolint:gosec // asked for by name
	}

	if t.CA != "" {
		name := nameOf(c.CA != "", "tls_ca", "ssl_ca_certs")
		text, err := readFile(name, t.CA)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, component.KeyError{Key: name, Err: errors.New("the file has no certificate")}
		}
	}
	if t.Cert != "" {
		name := nameOf(c.Cert != "", "tls_cert", "ssl_certfile")
		cert, err := readFile(name, t.Cert)
		if err != nil {
			return nil, err
		}
		key, err := readFile(nameOf(c.Key != "", "tls_key", "ssl_keyfile"), t.Key)
		if err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			return nil, component.KeyError{Key: name, Err: fmt.Errorf("the certificate and the key are of no use: %w", err)}
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// readFile reads the file that a key names.
func readFile(key, name string) ([]byte, error) {
	text, err := os.ReadFile(name)
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return nil, component.KeyError{Key: key, Err: fmt.Errorf("the file %q cannot be read: %w", name, path.Err)}
	}
	return text, err
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func nameOf(ours bool, name, other string) string {
	if ours {
		return name
	}
	return other
}
