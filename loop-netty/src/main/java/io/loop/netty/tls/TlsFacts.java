package io.loop.netty.tls;

import io.netty.handler.ssl.SslHandler;
import java.security.cert.Certificate;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/// The details of a connection's TLS for `getExtraInfo`, after the handshake.
public final class TlsFacts {

  private TlsFacts() {}

  public static @Nullable Object of(SslHandler tls, String name) {
    SSLSession session = tls.engine().getSession();
    return switch (name) {
      case "sslcontext" -> tls instanceof TlsHandler ours ? ours.context() : null;
      case "sslEngine" -> tls.engine();
      case "cipher" -> session.getCipherSuite();
      case "protocol" -> session.getProtocol();
      case "applicationProtocol" -> tls.applicationProtocol();
      case "peercert" -> peerCertificate(session);
      case "serverHostname" -> requestedName(session);
      default -> null;
    };
  }

  private static @Nullable Certificate peerCertificate(SSLSession session) {
    try {
      return session.getPeerCertificates()[0];
    } catch (SSLPeerUnverifiedException anonymous) {
      return null; // a server that requested no certificate
    }
  }

  private static @Nullable String requestedName(SSLSession session) {
    if (session instanceof ExtendedSSLSession extended) {
      for (SNIServerName name : extended.getRequestedServerNames()) {
        if (name instanceof SNIHostName host) {
          return host.getAsciiName();
        }
      }
    }
    return null;
  }
}
