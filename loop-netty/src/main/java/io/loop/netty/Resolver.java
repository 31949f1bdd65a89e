package io.loop.netty;

import io.loop.event.Loop;
import io.loop.task.Tasks;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.Executor;

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
    return Tasks.runInExecutor(
            Loop.running(), THREADS, () -> List.of(InetAddress.getAllByName(host)))
        .await(IOException.class);
  }
}
