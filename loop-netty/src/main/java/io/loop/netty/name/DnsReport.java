package io.loop.netty.name;

import io.loop.netty.base.Addresses;
import io.loop.netty.base.Reasons;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.resolver.dns.DnsNameResolverException;
import io.netty.resolver.dns.DnsNameResolverTimeoutException;
import io.netty.resolver.dns.DnsQueryLifecycleObserver;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Notes what became of one question, and of those that follow from it. Loop thread only.
final class DnsReport implements DnsQueryLifecycleObserver {

  /*
   * Netty's exception has the last failure only, and for an answer such as REFUSED not even that.
   * So the reason that users read is collected here.
   */

  private final @Nullable DnsFindings findings; // null if no look-up is known for the question
  private final DnsQuestion question;
  private final long queryMillis;
  private @Nullable InetSocketAddress server;

  DnsReport(@Nullable DnsFindings findings, DnsQuestion question, long queryMillis) {
    this.findings = findings;
    this.question = question;
    this.queryMillis = queryMillis;
  }

  @Override
  public void queryWritten(InetSocketAddress to, ChannelFuture future) {
    server = to;
  }

  @Override
  public void queryCancelled(int queriesRemaining) {}

  @Override
  public DnsQueryLifecycleObserver queryRedirected(List<InetSocketAddress> nameServers) {
    return this;
  }

  @Override
  public DnsQueryLifecycleObserver queryCNAMEd(DnsQuestion alias) {
    return this;
  }

  @Override
  public DnsQueryLifecycleObserver queryNoAnswer(DnsResponseCode code) {
    if (findings != null) {
      findings.trouble(question, serverText() + " answered " + nameOf(code));
    }
    return this;
  }

  @Override
  public void queryFailed(Throwable cause) {
    if (findings == null) {
      return;
    }
    String message = String.valueOf(cause.getMessage());
    if (cause instanceof DnsNameResolverTimeoutException) {
      findings.trouble(
          question, "no answer from " + serverText() + " within " + queryMillis + " ms");
    } else if (cause instanceof DnsNameResolverException) {
      findings.trouble(question, serverText() + " cannot be asked: " + reason(cause));
    } else if (message.contains("NXDOMAIN")) {
      findings.noDomain(question);
    } else if (message.contains("No matching record")) {
      findings.noAddress(question);
    }
  }

  private static String reason(Throwable cause) {
    return cause.getCause() == null ? Reasons.of(cause) : Reasons.of(cause.getCause());
  }

  private static String nameOf(DnsResponseCode code) {
    String text = code.toString(); // SERVFAIL(2)
    int number = text.indexOf('(');
    return number < 0 ? text : text.substring(0, number);
  }

  private String serverText() {
    return "the name server" + (server == null ? "" : " " + Addresses.text(server));
  }

  @Override
  public void querySucceed() {
    if (findings != null) {
      findings.answered(question);
    }
  }
}
