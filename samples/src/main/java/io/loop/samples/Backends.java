package io.loop.samples;

import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.timeout;

import io.loop.netty.stream.ConnectionOptions;
import io.loop.netty.stream.StreamConnection;
import io.loop.netty.stream.Streams;
import io.loop.netty.transport.ProxyHeader;
import io.loop.scope.TaskGroup;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// The servers behind [Proxy], and which of them takes the next connection.
final class Backends {

  /*
   *   UP ---a check or a connection fails---> DOWN
   *   DOWN ---a check or a connection succeeds---> UP
   *
   * One that is down is tried last, so if all are down, each is still tried. Nothing has been sent
   * before a connection is open, so trying the next one is safe.
   */

  private static final System.Logger LOG = System.getLogger("io.loop.samples.proxy");

  enum Balance {
    LEAST,
    ROUND_ROBIN
  }

  /// How to reach them.
  ///
  /// @param balance which one is next
  /// @param checks the time between two checks
  /// @param connect how long a connection may take to open
  /// @param sendProxy the version of the PROXY header to send; 0 for none
  record Rules(Balance balance, Duration checks, Duration connect, int sendProxy) {}

  /// One server.
  static final class Backend {
    private final InetSocketAddress address;
    private boolean down;
    private int connections;

    Backend(InetSocketAddress address) {
      this.address = address;
    }

    private boolean isDown() {
      return down;
    }

    @Override
    public String toString() {
      return ListenOptions.text(address);
    }
  }

  /// What to do with a connection.
  interface Use {
    void use(StreamConnection connection) throws IOException;
  }

  private final List<Backend> all;
  private final Rules rules;
  private int next;

  Backends(List<Backend> all, Rules rules) {
    this.all = List.copyOf(all);
    this.rules = rules;
  }

  /// Checks all of them until this is cancelled.
  void checkForever() {
    TaskGroup.run(group -> {
      for (Backend backend : all) {
        group.createTask(() -> checkForever(backend));
      }
    });
  }

  private void checkForever(Backend backend) {
    for (; ; ) {
      StreamConnection connection = open(backend, ProxyHeader.LOCAL);
      if (connection != null) {
        connection.close();
      }
      sleep(rules.checks());
    }
  }

  /// Uses a connection to one of them.
  ///
  /// @param header on whose behalf
  /// @return false if none could be reached
  boolean use(ProxyHeader header, Use use) throws IOException {
    for (Backend backend : inOrder()) {
      backend.connections++; // before it is open, so that many at once are spread too
      try (StreamConnection connection = open(backend, header)) {
        if (connection != null) {
          use.use(connection);
          return true;
        }
      } finally {
        backend.connections--;
      }
    }
    return false;
  }

  private List<Backend> inOrder() {
    List<Backend> order = new ArrayList<>(all);
    Collections.rotate(order, next);
    next = (next + 1) % all.size();
    order.sort(
        Comparator.comparing(Backend::isDown)
            .thenComparingInt(
                backend -> rules.balance() == Balance.LEAST ? backend.connections : 0));
    return order;
  }

  private @Nullable StreamConnection open(Backend backend, ProxyHeader header) {
    try {
      StreamConnection connection = connect(backend, header);
      note(backend, null);
      return connection;
    } catch (TimeoutException slow) {
      note(backend, "no connection within " + rules.connect().toMillis() + " ms");
    } catch (IOException fault) {
      note(backend, fault.getMessage());
    }
    return null;
  }

  private StreamConnection connect(Backend backend, ProxyHeader header)
      throws IOException, TimeoutException {
    ConnectionOptions options =
        rules.sendProxy() == 0
            ? ConnectionOptions.DEFAULT
            : ConnectionOptions.DEFAULT.withProxyProtocol(header.withVersion(rules.sendProxy()));
    String host = backend.address.getHostString();
    return timeout(
        rules.connect(), () -> Streams.openConnection(host, backend.address.getPort(), options));
  }

  private static void note(Backend backend, @Nullable String fault) {
    if (backend.down != (fault != null)) {
      backend.down = fault != null;
      LOG.log(Level.INFO, () -> backend + (fault == null ? " is up" : " is down: " + fault));
    }
  }
}
