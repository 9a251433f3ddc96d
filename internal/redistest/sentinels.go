package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// MasterName is what Sentinels call their master.
const MasterName = "glue"

const sentinelCount = 3

// Sentinels is a master, a replica and three Sentinels that watch them. A
// master that is silent is replaced by the replica, a second after a test waits
// for that.
type Sentinels struct {
	rig
	data      []*Node
	sentinels []*Node
}

// NewSentinels starts such a group for this test alone; see SharedSentinels.
func NewSentinels(t testing.TB, options RigOptions) *Sentinels {
	t.Helper()
	s := build(t, func() (*Sentinels, error) { return startSentinels(t, options) })
	t.Cleanup(s.close)
	return s
}

// Addrs returns the addresses of the Sentinels.
func (s *Sentinels) Addrs() []string {
	addrs := make([]string, len(s.sentinels))
	for i, n := range s.sentinels {
		addrs[i] = n.Addr()
	}
	return addrs
}

// Watchers returns the Sentinels.
func (s *Sentinels) Watchers() []*Node { return s.sentinels }

// Data returns the nodes that hold keys, whatever their role.
func (s *Sentinels) Data() []*Node { return s.data }

// Master waits until the Sentinels that run agree on a master that runs, and
// returns it.
func (s *Sentinels) Master(t testing.TB) *Node {
	t.Helper()
	var master *Node
	s.await(t, func(ctx context.Context) (err error) {
		master, err = s.master(ctx)
		return err
	})
	return master
}

// AwaitMaster waits until the Sentinels that run agree that node is the
// master.
func (s *Sentinels) AwaitMaster(t testing.TB, node *Node) {
	t.Helper()
	s.await(t, func(ctx context.Context) error { return s.agreedOn(ctx, node) })
}

// agreedOn tells why node is not the master that the Sentinels that run agree
// on.
func (s *Sentinels) agreedOn(ctx context.Context, node *Node) error {
	master, err := s.master(ctx)
	if err == nil && master != node {
		err = fmt.Errorf("%s is the master", master.name)
	}
	return err
}

// Other returns the data node that node is not.
func (s *Sentinels) Other(node *Node) *Node {
	if s.data[0] == node {
		return s.data[1]
	}
	return s.data[0]
}

// Fail has the Sentinels make the replica the master, and waits until they
// have. It returns the new master.
func (s *Sentinels) Fail(t testing.TB) *Node {
	t.Helper()
	next := s.Other(s.Master(t))
	// It is refused while the last fail-over is being finished, and given up if
	// the replica has not been heard of for long: then it is asked for again.
	var asked time.Time
	s.await(t, func(ctx context.Context) error {
		err := s.agreedOn(ctx, next)
		if err == nil || time.Since(asked) < 6*time.Second {
			return err
		}
		err = s.sentinels[0].client.Do(ctx, "SENTINEL", "FAILOVER", MasterName).Err()
		if err == nil {
			asked = time.Now()
			err = fmt.Errorf("%s has been asked for a fail-over", s.sentinels[0].name)
		}
		return err
	})
	return next
}

// Isolate cuts the master off from the Sentinels and from its replica, while
// clients still reach it, until Heal. The options must have asked for Proxies,
// and not for TLS.
func (s *Sentinels) Isolate(t testing.TB, master *Node) {
	t.Helper()
	if master.proxy == nil || s.files != nil {
		t.Fatal("only a group with proxies, and without TLS, can be parted")
	}
	master.part()
}

// Heal starts and thaws all nodes and waits until the Sentinels agree on a
// master which the other node follows.
func (s *Sentinels) Heal(t testing.TB) {
	t.Helper()
	if err := s.heal(); err != nil {
		t.Fatalf("the group does not heal: %v\n%s", err, s.logs())
	}
}

func (s *Sentinels) heal() error {
	if err := s.start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), clusterPatience)
	defer cancel()
	return until(ctx, func() error { return s.whole(ctx) })
}

// reset gives a shared group to the next test.
func (s *Sentinels) reset() error {
	if err := s.heal(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	master, err := s.master(ctx)
	if err != nil {
		return err
	}
	return master.flushAll()
}

func startSentinels(t testing.TB, options RigOptions) (*Sentinels, error) {
	s := &Sentinels{}
	if err := s.init(options); err != nil {
		return s, err
	}

	for i := range 2 {
		n, err := s.newNode(t, "data"+strconv.Itoa(i), func(n *Node) []string { return s.dataLines(n) })
		if err != nil {
			return s, err
		}
		s.data = append(s.data, n)
	}

	for i := range sentinelCount {
		n, err := s.newNode(t, "sentinel"+strconv.Itoa(i), s.sentinelLines)
		if err != nil {
			return s, err
		}
		n.args = []string{"--sentinel"}
		n.begin = func(ctx context.Context) error { return hasten(ctx, n) }
		s.sentinels = append(s.sentinels, n)
	}
	if err := s.start(); err != nil {
		return s, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), clusterPatience)
	defer cancel()
	if err := until(ctx, func() error { return s.whole(ctx) }); err != nil {
		return s, fmt.Errorf("forming a group: %w\n%s", err, s.logs())
	}
	return s, nil
}

// dataLines makes all data nodes but the first replicas of it.
func (s *Sentinels) dataLines(n *Node) []string {
	_, port, _ := net.SplitHostPort(n.Addr())
	lines := append(s.rig.data(), "replica-announce-ip 127.0.0.1", "replica-announce-port "+port)
	if len(s.data) > 0 {
		_, master, _ := net.SplitHostPort(s.data[0].Addr())
		lines = append(lines, "replicaof 127.0.0.1 "+master)
	}
	return lines
}

func (s *Sentinels) sentinelLines(n *Node) []string {
	_, port, _ := net.SplitHostPort(n.Addr())
	_, master, _ := net.SplitHostPort(s.data[0].Addr())
	lines := []string{
		"sentinel monitor " + MasterName + " 127.0.0.1 " + master + " 2",
		"sentinel down-after-milliseconds " + MasterName + " " + strconv.FormatInt(calm.Milliseconds(), 10),
		"sentinel failover-timeout " + MasterName + " 2000",
		"sentinel announce-ip 127.0.0.1",
		"sentinel announce-port " + port,
	}
	if s.secret != "" {
		lines = append(lines,
			"sentinel auth-user "+MasterName+" "+adminName, "sentinel auth-pass "+MasterName+" "+s.secret,
			"sentinel sentinel-user "+adminName, "sentinel sentinel-pass "+s.secret)
	}
	return lines
}

// hasten has a Sentinel do things more often than it would: by itself it takes
// ten seconds to hear of a replica.
//
// A Sentinel makes a master that it does not know of a replica again after four
// times the publishing period, and during a fail-over the one that leads asks a
// replica but once a second whether it is a master yet; and it takes no replica
// which it has not asked for five times the period of its pings. So these two
// are no shorter.
func hasten(ctx context.Context, n *Node) error {
	return n.client.Do(ctx, "SENTINEL", "DEBUG",
		"INFO-PERIOD", 200, "PUBLISH-PERIOD", 600, "PING-PERIOD", 400, "ASK-PERIOD", 100,
		"MIN-LINK-RECONNECT-PERIOD", 100, "TILT-PERIOD", 500, "SLAVE-RECONF-TIMEOUT", 1000).Err()
}

func (s *Sentinels) await(t testing.TB, ask func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), clusterPatience)
	defer cancel()
	if ask(ctx) == nil {
		return
	}
	err := s.bear(ctx, quick)
	if err == nil {
		err = until(ctx, func() error { return ask(ctx) })
	}
	if err == nil {
		err = s.bear(ctx, calm)
	}
	if err != nil {
		t.Fatalf("waiting for the Sentinels: %v\n%s", err, s.logs())
	}
}

// bear sets for how long the master may be silent.
func (s *Sentinels) bear(ctx context.Context, silence time.Duration) error {
	for i, n := range s.sentinels {
		if !n.up() {
			continue
		}
		// Were all three to notice at once, each would vote for itself and they
		// would try again after twice the time-out. So the last one is slower.
		ms := (silence + time.Duration(i-1)*quick/5).Milliseconds()
		if err := n.client.Do(ctx, "SENTINEL", "SET", MasterName, "down-after-milliseconds", ms).Err(); err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
	}
	return nil
}

// master asks all Sentinels that run, and the master.
func (s *Sentinels) master(ctx context.Context) (*Node, error) {
	var master *Node
	for _, n := range s.sentinels {
		if !n.up() {
			continue
		}
		state, err := sentinelState(ctx, n)
		if err != nil {
			return nil, err
		}
		addr := net.JoinHostPort(state["ip"], state["port"])

		for _, d := range s.data {
			switch {
			case d.Addr() != addr:
			case master != nil && master != d:
				return nil, errors.New("the Sentinels do not agree on the master")
			default:
				master = d
			}
		}
	}

	switch {
	case master == nil:
		return nil, errors.New("no Sentinel knows the master")
	case !master.up():
		return nil, fmt.Errorf("%s is the master and does not run", master.name)
	}

	info, err := master.client.Info(ctx, "replication").Result()
	if err != nil {
		return nil, err
	}
	if !strings.Contains(info, "role:master") {
		return nil, fmt.Errorf("%s does not know yet that it is the master", master.name)
	}
	return master, nil
}

// whole tells why the group is not as it was when it was made.
func (s *Sentinels) whole(ctx context.Context) error {
	for _, n := range s.sentinels {
		state, err := sentinelState(ctx, n)
		if err != nil {
			return err
		}

		if state["flags"] != "master" || state["num-other-sentinels"] != "2" || state["num-slaves"] != "1" {
			return fmt.Errorf("%s: flags %s, %s other Sentinels, %s replicas",
				n.name, state["flags"], state["num-other-sentinels"], state["num-slaves"])
		}
	}

	master, err := s.master(ctx)
	if err != nil {
		return err
	}

	replica, err := s.Other(master).client.Info(ctx, "replication").Result()
	if err != nil {
		return err
	}

	_, port, _ := net.SplitHostPort(master.Addr())
	for _, want := range []string{"role:slave", "master_port:" + port + "\r\n", "master_link_status:up"} {
		if !strings.Contains(replica, want) {
			return errors.New("the replica does not follow the master")
		}
	}
	return nil
}

func sentinelState(ctx context.Context, n *Node) (map[string]string, error) {
	fields, err := n.client.Do(ctx, "SENTINEL", "MASTER", MasterName).StringSlice()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", n.name, err)
	}
	state := make(map[string]string, len(fields)/2)
	for i := 0; i+1 < len(fields); i += 2 {
		state[fields[i]] = fields[i+1]
	}
	return state, nil
}
