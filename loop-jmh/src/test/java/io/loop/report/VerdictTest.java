package io.loop.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictTest {

  private static final Measure OURS = Measure.of("ABenchmark.ours").with("tasks", 1000);
  private static final Measure PEER = Measure.of("ABenchmark.peer").with("tasks", 1000);

  @ParameterizedTest
  @CsvSource({"99, MET", "125, MET", "126, MISSED"})
  void judge_ratioToPeer_isMarked(double ours, Mark mark) {
    Results results = new JsonRuns().add(OURS, ours).add(PEER, 100).results();

    Verdict verdict = Budget.of("work", OURS).atMost(1.25, PEER).judge(results);

    assertThat(verdict.mark()).isEqualTo(mark);
    assertThat(verdict.comparisons().getFirst().value()).isEqualTo(ours / 100);
  }

  @ParameterizedTest
  @CsvSource({"1.05, MET", "1.06, MISSED"})
  void judge_quotientThatTheBenchmarkMeasured_isLimited(double quotient, Mark mark) {
    Results results =
        new JsonRuns()
            .add(OURS, 100)
            .add(PEER, 100)
            .add(Measure.of("ABenchmark.quotient"), quotient)
            .results();
    Budget budget = Budget.of("work", OURS).atMost(1.05, PEER, Measure.of("ABenchmark.quotient"));

    Verdict verdict = budget.judge(results);

    assertThat(verdict.mark()).isEqualTo(mark);
    assertThat(verdict.comparisons().getFirst().value()).isEqualTo(quotient);
  }

  @ParameterizedTest
  @CsvSource({"30, MET", "31, MISSED"})
  void judge_absoluteLimit_isMarked(double ours, Mark mark) {
    Results results = new JsonRuns().add(OURS, ours).results();

    assertThat(Budget.of("work", OURS).atMost(30, "ns").judge(results).mark()).isEqualTo(mark);
  }

  @ParameterizedTest
  @CsvSource({"600, 600, MET", "800, 2000, MET", "800, 1000, MISSED"})
  void judge_alternatives_oneIsEnough(double ours, double peer, Mark mark) {
    Results results = new JsonRuns().add(OURS, ours).add(PEER, peer).results();
    Budget budget = Budget.of("work", OURS).atMost(700, "ns").atMost(0.5, PEER);

    assertThat(budget.judge(results).mark()).isEqualTo(mark);
  }

  @Test
  void judge_peerAbsent_isNotRun() {
    Results results = new JsonRuns().add(OURS, 800).results();

    assertThat(Budget.of("work", OURS).atMost(1, PEER).judge(results).mark())
        .isEqualTo(Mark.NOT_RUN);
    assertThat(Budget.of("work", OURS).beside(PEER).judge(results).mark()).isEqualTo(Mark.NOT_RUN);
    assertThat(Budget.of("work", OURS).atMost(700, "ns").atMost(0.5, PEER).judge(results).mark())
        .isEqualTo(Mark.NOT_RUN);
  }

  @Test
  void judge_peerAbsentButAnotherLimitKept_isMet() {
    Results results = new JsonRuns().add(OURS, 600).results();

    assertThat(Budget.of("work", OURS).atMost(700, "ns").atMost(0.5, PEER).judge(results).mark())
        .isEqualTo(Mark.MET);
  }

  @Test
  void judge_oursAbsent_isNotRun() {
    Results results = new JsonRuns().add(PEER, 100).results();

    assertThat(Budget.of("work", OURS).judge(results).mark()).isEqualTo(Mark.NOT_RUN);
  }

  @Test
  void judge_noLimit_isReported() {
    Results results = new JsonRuns().add(OURS, 50).add(PEER, 100).results();

    assertThat(Budget.of("work", OURS).judge(results).mark()).isEqualTo(Mark.REPORTED);
    Verdict beside = Budget.of("work", OURS).beside(PEER).judge(results);
    assertThat(beside.mark()).isEqualTo(Mark.REPORTED);
    assertThat(beside.comparisons().getFirst().ratio()).isEqualTo("0.50");
  }
}
