package io.loop.samples;

import io.loop.Asyncio;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.Streams;
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
import java.util.concurrent.Callable;
import javax.net.ssl.KeyManagerFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The echo server over TLS.
@Command(
    name = "tls-echo",
    description = "Echoes what it receives over TLS 1.2 or 1.3, until SIGINT or SIGTERM.",
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class TlsEcho implements Callable<Integer> {

  private static final String PASSWORD = "only-in-a-temporary-file";

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Option(
      names = "--certificate",
      paramLabel = "FILE",
      description = "certificate chain, PEM (default: a new self-signed one for localhost)")
  private @Nullable File certificate;

  @Option(names = "--key", paramLabel = "FILE", description = "its private key, PEM")
  private @Nullable File key;

  @Override
  public Integer call() {
    var options = common.runnerOptions();
    if ((certificate == null) != (key == null)) {
      throw new ParameterException(
          spec.commandLine(), "--certificate and --key must be given together");
    }
    return ListenOptions.runUntilSignal(this::serve, options);
  }

  private void serve() throws IOException {
    var options = ServerOptions.DEFAULT.withTls(Asyncio.toThread(this::context));
    Server server = Streams.startServer(Echo::echo, listen.host(), listen.port(), options);
    listen.announce(server.localAddress());
    server.serveForever();
  }

  private SslContext context() throws IOException, GeneralSecurityException {
    if (certificate == null || key == null) {
      return selfSigned();
    }
    try {
      return SslContextBuilder.forServer(certificate, key).build();
    } catch (IllegalArgumentException unreadable) {
      throw new IOException(
          "cannot use " + certificate + " and " + key + ": " + unreadable.getMessage(), unreadable);
    }
  }

  /// The JDK can create a certificate only with its keytool.
  private static SslContext selfSigned() throws IOException, GeneralSecurityException {
    Path directory = Files.createTempDirectory("tls-echo");
    Path store = directory.resolve("self-signed.p12");
    try {
      keytool(store);
      var keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
      var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(keys, PASSWORD.toCharArray());
      return SslContextBuilder.forServer(factory).build();
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
