package redistest

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
)

// RigOptions says how the nodes of a Cluster, of Sentinels or of Single are
// set up. The zero value asks nothing of clients.
type RigOptions struct {
	// TLS has the nodes speak nothing but TLS, among each other too.
	// ClientCert has them ask each client for a certificate.
	TLS, ClientCert bool

	// Username and Password, when set, are the only user beside the rig's
	// own: the default user is off. Rules are its ACL rules; none: it may do
	// everything.
	Username, Password string
	Rules              string

	// Proxies puts a Proxy before each node and has the nodes announce its
	// address, so that all clients and replicas pass through it.
	Proxies bool

	// BusProxies puts a second proxy before each node of a Cluster, through
	// which the other nodes reach it; see Cluster.Isolate.
	BusProxies bool

	// Config is further lines of every data node's redis.conf, which go over
	// the rig's.
	Config []string
}

// adminName is the user by which the rig and its nodes talk to the nodes.
const adminName = "rig"

// rig is what the kinds of rigs have in common: some nodes, their folder, and
// what it takes to talk to them.
type rig struct {
	options RigOptions
	dir     string
	nodes   []*Node
	files   *Certificates // nil without TLS
	tls     *tls.Config   // nil without TLS
	secret  string        // the password of adminName, empty without users
}

// init makes the folder and what the nodes have in common.
func (r *rig) init(options RigOptions) (err error) {
	r.options = options
	if r.dir, err = os.MkdirTemp("", "redistest-"); err != nil {
		return err
	}
	if options.Username != "" {
		r.secret = rand.Text()
	}
	if !options.TLS {
		return nil
	}
	if r.files, err = NewCertificates(r.dir); err != nil {
		return err
	}
	r.tls, err = r.files.ClientConfig()
	return err
}

// Certificates returns the files for clients, nil without TLS.
func (r *rig) Certificates() *Certificates { return r.files }

// Options returns how the rig was set up.
func (r *rig) Options() RigOptions { return r.options }

// newNode adds a node that is not started. lines gives its configuration, once
// its addresses are known.
func (r *rig) newNode(t testing.TB, name string, lines func(n *Node) []string) (*Node, error) {
	port, err := claimFreePort()
	if err != nil {
		return nil, err
	}
	n := &Node{name: name, binary: Binary(t), dir: filepath.Join(r.dir, name), port: port}
	r.nodes = append(r.nodes, n)
	if r.options.Proxies {
		proxy, err := newProxy(n.direct())
		if err != nil {
			return nil, err
		}
		n.proxy = proxy
	}
	username := ""
	if r.secret != "" {
		username = adminName
	}
	n.client = newAdmin(n.direct(), r.tls, username, r.secret)
	n.config = append(r.common(n), lines(n)...)
	return n, nil
}

// common returns the lines that nodes of all kinds have.
func (r *rig) common(n *Node) []string {
	port := strconv.Itoa(n.port.number)
	lines := []string{"bind 127.0.0.1", "dir " + n.dir}
	if r.files == nil {
		lines = append(lines, "port "+port)
	} else {
		ask := "no"
		if r.options.ClientCert {
			ask = "yes"
		}
		lines = append(lines,
			"port 0", "tls-port "+port, "tls-auth-clients "+ask, "tls-replication yes",
			"tls-cert-file "+r.files.ServerCert, "tls-key-file "+r.files.ServerKey, "tls-ca-cert-file "+r.files.CA)
	}

	if r.secret != "" {
		rules := r.options.Rules
		if rules == "" {
			rules = "~* &* +@all"
		}

		lines = append(lines,
			"user default off",
			fmt.Sprintf("user %s on >%s ~* &* +@all", adminName, r.secret),
			fmt.Sprintf("user %s on >%s %s", r.options.Username, r.options.Password, rules))
	}
	return lines
}

// data returns the lines of a node that holds keys: nothing is saved, replicas
// follow at once.
func (r *rig) data() []string {
	lines := []string{`save ""`, "repl-diskless-sync-delay 0", "repl-ping-replica-period 1", "enable-debug-command local"}
	if r.secret != "" {
		lines = append(lines, "masteruser "+adminName, "masterauth "+r.secret)
	}
	return append(lines, r.options.Config...)
}

// start starts all nodes that do not run, side by side.
func (r *rig) start() error {
	errs := make([]error, len(r.nodes))
	var work sync.WaitGroup
	for i, n := range r.nodes {
		work.Go(func() {
			if n.proc == nil {
				errs[i] = n.run()
			} else {
				errs[i] = n.thaw()
			}
			n.rejoin()
			if n.proxy != nil {
				n.proxy.Delay(0)
				n.proxy.LoseReplies(nil)
				n.proxy.Thaw()
				n.proxy.Accept()
			}
		})
	}
	work.Wait()
	return errors.Join(errs...)
}

func (r *rig) close() {
	var work sync.WaitGroup
	for _, n := range r.nodes {
		work.Go(n.close)
	}
	work.Wait()
	if r.dir != "" {
		_ = os.RemoveAll(r.dir) // what is left lies in the system's temporary folder
	}
}

// logs returns the end of what the nodes have written, for messages.
func (r *rig) logs() string {
	var text strings.Builder
	for _, n := range r.nodes {
		if n.proc == nil {
			continue
		}
		log := n.proc.output()
		fmt.Fprintf(&text, "--- %s (%s)\n%s\n", n.name, n.Addr(), log[max(0, len(log)-2000):])
	}
	return text.String()
}

// replicaReady tells why a replica does not follow its master yet.
func replicaReady(ctx context.Context, client *redis.Client) error {
	info, err := client.Info(ctx, "replication").Result()
	if err != nil {
		return err
	}
	if strings.Contains(info, "role:slave") && !strings.Contains(info, "master_link_status:up") {
		return errors.New("a replica has no link to its master")
	}
	return nil
}

// build starts a rig, anew should another process have taken one of its ports.
func build[R interface{ close() }](t testing.TB, start func() (R, error)) R {
	t.Helper()
	Binary(t)
	var errs []error
	for len(errs) < 3 {
		r, err := start()
		if err == nil {
			return r
		}
		r.close()
		if strings.Contains(err.Error(), "Bad directive") && strings.Contains(err.Error(), "tls") {
			t.Skip("this redis-server was built without TLS")
		}
		errs = append(errs, err)
	}
	t.Fatal(errors.Join(errs...))
	return *new(R)
}
