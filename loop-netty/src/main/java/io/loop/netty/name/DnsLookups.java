package io.loop.netty.name;

import io.loop.event.Loop;
import io.loop.netty.base.HostNames;
import io.loop.netty.poller.NettyDriver;
import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.Tasks;
import io.netty.resolver.dns.DnsNameResolver;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The look-ups of one resolver on one loop, and what the loop remembers of them.
///
/// Loop thread and coroutines of the loop only.
final class DnsLookups implements AutoCloseable {

  /*
   * Netty's resolver sends the queries; everything else is here. Its own caches are off: they have
   * no limit on the number of names, they serve the addresses of one family while the other is
   * still being asked for, and they do not remember that a name does not exist.
   *
   * Coroutines that look up the same name wait for one look-up. Each look-up has its own socket, and
   * so a source port that cannot be predicted; nothing is open between look-ups. Look-ups beyond the
   * limit wait for a place, in order.
   */

  static final int MOST = 100;

  private final Loop loop;
  private final NettyDriver driver;
  private final DnsOptions options;
  private final HostsFile hosts;
  private final DnsAnswers answers;
  private final DnsChannels channels;
  private final DnsNameResolver netty;
  private final Map<String, DnsLookup> underWay = new HashMap<>();
  private final LinkedHashSet<DnsLookup> queue = new LinkedHashSet<>(); // leaving is constant
  private int begun;

  /// @throws IllegalStateException if the loop's executor has no sockets
  DnsLookups(Loop loop, DnsOptions options, HostsFile hosts) {
    this.loop = loop;
    this.driver = NettyDriver.of(loop);
    this.options = options;
    this.hosts = hosts;
    this.answers = new DnsAnswers(options.cachedNames());
    this.channels = new DnsChannels(driver.transport());
    this.netty = DnsClient.create(driver.ioEventLoop(), channels, options, this::findingsOf);
  }

  Loop loop() {
    return loop;
  }

  DnsOptions options() {
    return options;
  }

  DnsNameResolver netty() {
    return netty;
  }

  /// {@return the addresses of a name} Coroutine only; suspends unless they are known.
  List<InetAddress> resolve(String host) throws UnknownHostException {
    String name = HostNames.ascii(host);
    List<InetAddress> own = hosts.addresses(name);
    if (own != null) {
      return own;
    }
    DnsAnswer known = answers.get(name, driver.nanoTime());
    return (known == null ? await(name) : known).addressesOf(host);
  }

  private DnsAnswer await(String name) {
    var answer = new LoopFuture<DnsAnswer>(loop);
    DnsLookup lookup = Tasks.onLoopThread(() -> join(name, answer));
    try {
      return answer.await();
    } catch (CancelledError cancelled) {
      Tasks.onLoopThread(() -> {
        lookup.remove(answer);
        return true;
      });
      throw cancelled;
    }
  }

  private DnsLookup join(String name, LoopFuture<DnsAnswer> answer) {
    DnsLookup lookup = underWay.get(name);
    if (lookup != null) {
      lookup.add(answer);
      return lookup;
    }
    var fresh = new DnsLookup(this, name);
    fresh.add(answer);
    underWay.put(name, fresh);
    queue.add(fresh);
    beginNext();
    return fresh;
  }

  private void beginNext() {
    while (begun < MOST && !queue.isEmpty()) {
      begun++;
      queue.removeFirst().begin();
    }
  }

  void remember(String name, DnsAnswer answer) {
    answers.put(name, answer, driver.nanoTime());
  }

  /// Forgets a look-up that is done or given up, and lets the next one begin.
  void ended(DnsLookup lookup) {
    lookup.release();
    if (underWay.remove(lookup.name(), lookup)) {
      if (lookup.hasBegun()) {
        begun--;
        beginNext();
      } else {
        queue.remove(lookup);
      }
      if (underWay.isEmpty()) {
        channels.close(); // of look-ups that were given up
      }
    }
  }

  /// {@return the findings of the look-up to which a question belongs} Its name is the one that is
  /// looked up, or that with a search domain.
  private @Nullable DnsFindings findingsOf(String question) {
    String name = HostNames.withoutLastDot(question);
    DnsLookup lookup = underWay.get(name);
    if (lookup == null) {
      lookup = underWay.get(name + ".");
    }
    for (int dot = name.lastIndexOf('.');
        lookup == null && dot > 0;
        dot = name.lastIndexOf('.', dot - 1)) {
      lookup = underWay.get(name.substring(0, dot));
    }
    return lookup == null ? null : lookup.findings();
  }

  /// {@return how many names are being looked up or wait for that}
  int pending() {
    return underWay.size();
  }

  /// {@return how many sockets are open}
  int sockets() {
    return channels.open();
  }

  /// {@return how many names are remembered}
  int remembered() {
    return answers.size();
  }

  /// The loop closes: gives everything up. The coroutines that wait are being unwound.
  @Override
  public void close() {
    queue.clear();
    List<DnsLookup> left = new ArrayList<>(underWay.values());
    underWay.clear();
    left.forEach(DnsLookup::release);
    netty.close();
    channels.close();
  }
}
