package io.loop.netty;

import io.loop.task.Tasks;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// Turns host names into addresses without holding up the loop.
final class Resolver {

  private static final Executor THREADS =
      task -> Thread.ofPlatform().daemon().name("loop-resolver").start(task);

  private Resolver() {}

  /// {@return the addresses of a host, in the system's order} Coroutine only; suspends unless the
  /// host is an address already.
  ///
  /// @throws UnknownHostException if it has none
  static List<InetAddress> resolve(String host) throws IOException {
    byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
    if (literal != null) {
      return List.of(InetAddress.getByAddress(literal));
    }
    return Tasks.wrapFuture(CompletableFuture.supplyAsync(() -> lookUp(host), THREADS))
        .await(IOException.class)
        .orThrow();
  }

  private static Answer lookUp(String host) {
    try {
      return new Answer(List.of(InetAddress.getAllByName(host)), null);
    } catch (UnknownHostException unknown) {
      return new Answer(List.of(), unknown);
    }
  }

  private record Answer(List<InetAddress> addresses, @Nullable UnknownHostException fault) {

    List<InetAddress> orThrow() throws IOException {
      if (fault != null) {
        throw fault;
      }
      return addresses;
    }
  }
}
