package io.loop.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Element;

class PlotTest {

  @Test
  void svg_everyPlotOfTheProject_isXmlWithALineForEachCurve() throws Exception {
    for (Graph graph : Graph.all()) {
      var runs = new JsonRuns();
      graph.measures().forEach(measure -> runs.add(measure, 100));

      Element svg = parse(graph.plot(runs.results()).svg());

      assertThat(graph.isIn(runs.results())).isTrue();
      assertThat(svg.getTagName()).isEqualTo("svg");
      assertThat(svg.getElementsByTagName("polyline").getLength()).isEqualTo(graph.curves().size());
      assertThat(svg.getElementsByTagName("circle").getLength())
          .isEqualTo(graph.curves().size() * graph.values().size());
    }
  }

  @Test
  void isIn_resultsWithoutAPeer_isFalse() {
    Graph graph = Graph.all().getFirst();
    var runs = new JsonRuns();
    graph.measures().skip(graph.values().size()).forEach(measure -> runs.add(measure, 100));

    assertThat(graph.isIn(runs.results())).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"1, 0.2", "5, 1", "7, 2", "240, 50", "1300, 500", "60000, 20000"})
  void tickStep_anyRange_givesAFewRoundTicks(double max, double step) {
    assertThat(Plot.tickStep(max)).isEqualTo(step);
  }

  private static Element parse(String svg) throws Exception {
    var in = new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8));
    return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(in).getDocumentElement();
  }
}
