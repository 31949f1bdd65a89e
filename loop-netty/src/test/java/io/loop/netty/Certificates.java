package io.loop.netty;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;

/// Certificates of an authority that exists for a test run, and contexts that trust it.
public final class Certificates {

  public static final X509Bundle AUTHORITY = authority("Test authority");
  public static final X509Bundle STRANGER = authority("Another authority");
  public static final X509Bundle LOCAL = issued(AUTHORITY, "localhost", "127.0.0.1");

  private Certificates() {}

  private static X509Bundle authority(String name) {
    try {
      return new CertificateBuilder()
          .ecp256()
          .subject("CN=" + name)
          .setIsCertificateAuthority(true)
          .buildSelfSigned();
    } catch (Exception fault) {
      throw new IllegalStateException(fault);
    }
  }

  /// A server's certificate for a name, and an address if it is not empty.
  public static X509Bundle issued(X509Bundle authority, String name, String address) {
    try {
      CertificateBuilder builder =
          new CertificateBuilder().ecp256().subject("CN=" + name).addSanDnsName(name);
      if (!address.isEmpty()) {
        builder.addSanIpAddress(address);
      }
      return builder.buildIssuedBy(authority);
    } catch (Exception fault) {
      throw new IllegalStateException(fault);
    }
  }

  public static SslContextBuilder server(X509Bundle certificate) {
    return SslContextBuilder.forServer(
        certificate.getKeyPair().getPrivate(), certificate.getCertificatePath());
  }

  public static SslContextBuilder client(X509Bundle trusted) {
    return SslContextBuilder.forClient().trustManager(trusted.getCertificate());
  }

  public static SslContext serverContext() {
    return build(server(LOCAL));
  }

  public static SslContext clientContext() {
    return build(client(AUTHORITY));
  }

  public static SslContext build(SslContextBuilder builder) {
    try {
      return builder.build();
    } catch (SSLException fault) {
      throw new IllegalStateException(fault);
    }
  }

  /// The JDK's own, for a client that is not ours.
  public static SSLContext jdkClient(String protocol) throws Exception {
    var context = SSLContext.getInstance(protocol);
    context.init(new KeyManager[0], AUTHORITY.toTrustManagerFactory().getTrustManagers(), null);
    return context;
  }
}
