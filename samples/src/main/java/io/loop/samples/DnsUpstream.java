package io.loop.samples;

import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.stream.ChannelClient;
import io.loop.netty.transport.Transport;
import io.loop.samples.DnsAnswer.Question;
import io.loop.scope.Timeout;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryEncoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseDecoder;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Asks another DNS server.
///
/// Each attempt has a socket of its own, so it has a random port, which an attacker who forges an
/// answer has to guess besides the id. The socket is connected: the system drops what others send.
final class DnsUpstream {

  private static final System.Logger LOG = System.getLogger("io.loop.samples.dns");

  private final Transport transport;
  private final InetSocketAddress server;
  private final Duration patience;
  private final int attempts;
  private final SecureRandom random = new SecureRandom();

  /// Creates a client of a server.
  ///
  /// @param transport the transport of the loop
  /// @param server the server's address
  /// @param patience how long to wait for an answer, for each attempt
  /// @param attempts how often to ask
  DnsUpstream(Transport transport, InetSocketAddress server, Duration patience, int attempts) {
    this.transport = transport;
    this.server = server;
    this.patience = patience;
    this.attempts = attempts;
  }

  /// Asks until there is an answer. Suspends.
  ///
  /// @return the answer; a server failure if none of the attempts got one
  DnsAnswer ask(Question question) {
    for (int attempt = 1; attempt <= attempts; attempt++) {
      try {
        return askOnce(question);
      } catch (TimeoutException | IOException lost) {
        String text = question + ", attempt " + attempt + ": " + lost.getMessage();
        LOG.log(Level.DEBUG, text, lost);
      }
    }
    return DnsAnswer.failure(DnsResponseCode.SERVFAIL);
  }

  private DnsAnswer askOnce(Question question) throws IOException, TimeoutException {
    try (CoroutineChannel<DatagramDnsResponse> socket =
        ChannelClient.open(
            DatagramDnsResponse.class,
            pipeline ->
                pipeline.addLast(new DatagramDnsQueryEncoder(), new DatagramDnsResponseDecoder()),
            new Bootstrap().channel(transport.datagramType()),
            bootstrap -> bootstrap.connect(server))) {
      int id = random.nextInt(1 << 16);
      socket.write(query(id, question));
      return Timeout.within(patience, _ -> awaitAnswer(socket, id, question));
    }
  }

  private DatagramDnsQuery query(int id, Question question) {
    var query = new DatagramDnsQuery(null, server, id);
    query.setRecursionDesired(true);
    query.addRecord(DnsSection.QUESTION, new DefaultDnsQuestion(question.name(), question.type()));
    query.addRecord(
        DnsSection.ADDITIONAL,
        new DefaultDnsRawRecord(
            ".", DnsRecordType.OPT, Dns.LARGEST_PACKET, 0, Unpooled.EMPTY_BUFFER));
    return query;
  }

  /// Waits for the answer to this question, and ignores everything else.
  private static DnsAnswer awaitAnswer(
      CoroutineChannel<DatagramDnsResponse> socket, int id, Question question) throws IOException {
    for (; ; ) {
      try {
        DatagramDnsResponse response = socket.receive();
        if (response == null) {
          throw new IOException("the socket was closed");
        }
        try {
          if (response.id() == id && question.equals(questionOf(response))) {
            return answer(response);
          }
        } finally {
          ReferenceCountUtil.release(response);
        }
      } catch (DecoderException | IllegalArgumentException malformed) {
        LOG.log(Level.DEBUG, "an answer was not understood", malformed);
      }
    }
  }

  private static @Nullable Question questionOf(DatagramDnsResponse response) {
    if (response.count(DnsSection.QUESTION) != 1) {
      return null;
    }
    DnsQuestion question = response.recordAt(DnsSection.QUESTION);
    return new Question(question.name(), question.type());
  }

  private static DnsAnswer answer(DatagramDnsResponse response) {
    var kind = response.isTruncated() ? DnsAnswer.Kind.TRUNCATED : DnsAnswer.Kind.OTHER;
    boolean negative = response.count(DnsSection.ANSWER) == 0;
    return new DnsAnswer(
        response.code(),
        kind,
        entries(response, DnsSection.ANSWER),
        negative ? entries(response, DnsSection.AUTHORITY) : List.of());
  }

  private static List<DnsEntry> entries(DatagramDnsResponse response, DnsSection section) {
    return IntStream.range(0, response.count(section))
        .mapToObj(index -> DnsEntry.of(response.recordAt(section, index)))
        .toList();
  }
}
