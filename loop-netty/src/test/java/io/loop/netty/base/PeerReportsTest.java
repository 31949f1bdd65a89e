package io.loop.netty.base;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class PeerReportsTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualLoop manual = new ManualLoop();
  private final Loop loop = manual.loop();
  private final List<String> messages = new ArrayList<>();
  private final IOException fault = new IOException("gone");

  PeerReportsTest() {
    loop.setExceptionHandler((_, report) -> messages.add(report.message()));
  }

  @AfterEach
  void close() {
    manual.close();
  }

  private void report(String message, int times) {
    for (int i = 0; i < times; i++) {
      PeerReports.report(loop, message, fault, "transport", "peer");
    }
  }

  @Test
  void report_few_areReportedWithTheirSubject() {
    List<ExceptionContext> reports = new ArrayList<>();
    loop.setExceptionHandler((_, report) -> reports.add(report));

    report("bad", PeerReports.MOST);

    assertThat(reports).hasSize(PeerReports.MOST);
    assertThat(reports.getFirst().exception()).isSameAs(fault);
    assertThat(reports.getFirst().details()).containsEntry("transport", "peer");
  }

  @Test
  void report_many_tellsHowManyWereLeftOut() {
    report("bad", 1_000);
    int atOnce = messages.size();
    manual.advance(SECOND);

    assertThat(atOnce).isEqualTo(PeerReports.MOST);
    assertThat(messages).hasSize(PeerReports.MOST + 1);
    assertThat(messages.getLast()).isEqualTo("bad: 995 more in the last second");
  }

  @Test
  void report_manyOfOneKind_leavesTheOthersAlone() {
    report("bad", 1_000);
    report("worse", 1);

    assertThat(messages).endsWith("worse");
  }

  @Test
  void report_inTheNextSecond_isReportedAgain() {
    report("bad", 1_000);
    manual.advance(SECOND);
    messages.clear();

    report("bad", 1);

    assertThat(messages).containsExactly("bad");
  }

  @Test
  void close_tellsHowManyWereLeftOut() {
    report("bad", 7);

    manual.close();

    assertThat(messages.getLast()).isEqualTo("bad: 2 more in the last second");
  }

  @Test
  void report_afterTheLoopHasClosed_doesNothing() {
    manual.close();

    report("bad", 1);

    assertThat(messages).isEmpty();
  }
}
