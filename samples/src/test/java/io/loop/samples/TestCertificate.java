package io.loop.samples;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

/// A certificate for all servers of the tests, because creating one takes a second.
final class TestCertificate {

  private static final String PASSWORD = "password";

  /// The options of a server that uses it.
  static final List<String> OPTIONS = create();

  private TestCertificate() {}

  private static List<String> create() {
    try {
      Path directory = Files.createTempDirectory("loop-samples-test");
      Path store = directory.resolve("store.p12");
      keytool(store);
      var keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
      var key = keys.getKey("self", PASSWORD.toCharArray());
      Path certificate = pem(directory, "CERTIFICATE", keys.getCertificate("self").getEncoded());
      Path privateKey = pem(directory, "PRIVATE KEY", key.getEncoded());
      directory.toFile().deleteOnExit(); // files are deleted in the opposite order
      store.toFile().deleteOnExit();
      certificate.toFile().deleteOnExit();
      privateKey.toFile().deleteOnExit();
      return List.of("--certificate", certificate.toString(), "--key", privateKey.toString());
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    } catch (GeneralSecurityException | InterruptedException fault) {
      throw new IllegalStateException(fault);
    }
  }

  private static void keytool(Path store) throws IOException, InterruptedException {
    String command =
        "-genkeypair -alias self -keyalg EC -groupname secp256r1 -dname CN=localhost"
            + " -ext san=dns:localhost,ip:127.0.0.1 -validity 7 -storetype PKCS12 -storepass "
            + PASSWORD;
    var builder = new ProcessBuilder(command.split(" "));
    builder.command().addFirst(Path.of(System.getProperty("java.home"), "bin/keytool").toString());
    builder.command().addAll(List.of("-keystore", store.toString()));
    Process made = builder.redirectErrorStream(true).start();
    String said = new String(made.getInputStream().readAllBytes(), US_ASCII);
    if (made.waitFor() != 0) {
      throw new IOException(said);
    }
  }

  private static Path pem(Path directory, String kind, byte[] content) throws IOException {
    String text = Base64.getMimeEncoder().encodeToString(content);
    return Files.writeString(
        directory.resolve(kind.replace(' ', '-') + ".pem"),
        "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
  }
}
