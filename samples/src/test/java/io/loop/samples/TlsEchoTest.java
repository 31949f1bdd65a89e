package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class TlsEchoTest {

  private static final List<String> FLAGS =
      List.of(
          "--add-opens", "java.base/java.lang=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED");

  /// Trusts every server: the server's certificate is new each time.
  static final class Anybody implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  @Test
  void line_sentOverTls_comesBack() throws Exception {
    try (var server = Program.start(FLAGS, "tls-echo", "--port", "0")) {
      var context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new Anybody()}, new SecureRandom());
      int port = server.readPort();

      try (var socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
        OutputStream out = socket.getOutputStream();
        out.write("hello\n".getBytes(StandardCharsets.UTF_8));
        byte[] answer = socket.getInputStream().readNBytes(6);

        assertThat(answer).asString(StandardCharsets.UTF_8).isEqualTo("hello\n");
        assertThat(socket.getSession().getPeerPrincipal().getName()).isEqualTo("CN=localhost");
      }
      server.terminate();
      assertThat(server.exitCode()).isZero();
    }
  }

  @Test
  void certificateWithoutAKey_isRefused() throws Exception {
    try (var server = Program.start(FLAGS, "tls-echo", "--certificate", "nowhere.pem")) {
      assertThat(server.exitCode()).isEqualTo(2);
      assertThat(server.errors()).contains("--certificate and --key must be given together");
    }
  }

  @Test
  void certificateThatIsNotThere_isOneLine() throws Exception {
    try (var server =
        Program.start(FLAGS, "tls-echo", "--certificate", "nowhere.pem", "--key", "no.pem")) {
      assertThat(server.exitCode()).isEqualTo(1);
      assertThat(server.errors())
          .isEqualToIgnoringNewLines(
              "loop tls-echo: cannot read the certificate nowhere.pem: no such file or directory");
    }
  }
}
