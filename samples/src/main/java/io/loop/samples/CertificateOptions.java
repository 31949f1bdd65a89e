package io.loop.samples;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.function.UnaryOperator;
import javax.net.ssl.KeyManagerFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Options for the certificate of a server.
final class CertificateOptions {

  private static final String PASSWORD = "only-in-a-temporary-file";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--certificate",
      paramLabel = "FILE",
      description = "certificate chain, PEM (default: a new self-signed one for localhost)")
  private @Nullable File certificate;

  @Option(names = "--key", paramLabel = "FILE", description = "its private key, PEM")
  private @Nullable File key;

  void requireBothOrNone() {
    if ((certificate == null) != (key == null)) {
      throw new ParameterException(
          spec.commandLine(), "--certificate and --key must be given together");
    }
  }

  /// {@return the context for TLS} Blocks.
  SslContext context() throws IOException, GeneralSecurityException {
    return contextWith(builder -> builder);
  }

  /// {@return the context for TLS} Blocks.
  ///
  /// @param settings sets more than the certificate
  SslContext contextWith(UnaryOperator<SslContextBuilder> settings)
      throws IOException, GeneralSecurityException {
    if (certificate == null || key == null) {
      return settings.apply(selfSigned()).build();
    }
    FileFaults.requireReadable("read the certificate", certificate.toPath());
    FileFaults.requireReadable("read the key", key.toPath());
    try {
      return settings.apply(SslContextBuilder.forServer(certificate, key)).build();
    } catch (IllegalArgumentException unreadable) {
      throw new IOException(
          "cannot use " + certificate + " and " + key + ": " + unreadable.getMessage(), unreadable);
    }
  }

  /// The JDK can create a certificate only with its keytool.
  private static SslContextBuilder selfSigned() throws IOException, GeneralSecurityException {
    Path directory = Files.createTempDirectory("loop-samples");
    Path store = directory.resolve("self-signed.p12");
    try {
      keytool(store);
      var keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
      var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(keys, PASSWORD.toCharArray());
      return SslContextBuilder.forServer(factory);
    } finally {
      Files.deleteIfExists(store);
      Files.deleteIfExists(directory);
    }
  }

  private static void keytool(Path store) throws IOException {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-alias",
            "self",
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-dname",
            "CN=localhost",
            "-ext",
            "san=dns:localhost,ip:127.0.0.1",
            "-validity",
            "7",
            "-storetype",
            "PKCS12",
            "-keystore",
            store.toString(),
            "-storepass",
            PASSWORD);
    Process made = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(made.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (made.waitFor() != 0) {
        throw new IOException("keytool created no certificate: " + said.strip());
      }
    } catch (InterruptedException interruption) {
      made.destroy();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while keytool created a certificate", interruption);
    }
  }
}
