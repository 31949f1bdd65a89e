package io.loop.netty.tls;

import io.loop.event.Loop;
import io.loop.netty.base.PeerReports;
import io.netty.channel.Channel;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Reports why a server has no TLS context for its connections: each reason once, until there is
/// one again. Any loop's thread.
public final class TlsContextReports {

  private static final String NO_CONTEXT = "Could not make the TLS context of a connection";

  /// The reason that was reported last, if it still applies.
  private final AtomicReference<@Nullable String> last = new AtomicReference<>();

  /// {@return what an accepted channel tells its faults}
  public TlsContextFaults on(Loop loop, Channel channel) {
    return new TlsContextFaults() {
      @Override
      public void tell(Throwable fault) {
        String cause = fault.toString();
        if (!cause.equals(last.getAndSet(cause))) {
          PeerReports.report(loop, NO_CONTEXT, fault, "transport", channel);
        }
      }

      @Override
      public void over() {
        if (last.get() != null) { // not a write for each connection
          last.set(null);
        }
      }
    };
  }
}
