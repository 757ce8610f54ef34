package dev.lastword.testing.chromium;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** What can be measured of whether a page can be read: contrast as WCAG 2 computes it, and whether it fits. */
public final class Legibility {
  /**
   * All texts that can be seen, with the contrast between their colour and what is behind them. Colours with some transparency are laid
   * over what is below them.
   */
  private static final String CONTRASTS =
      """
      (() => {
        const parse = (colour) => {
          const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
          return {r, g, b, a};
        };
        const over = (top, below) => ({
          r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a),
          b: top.b * top.a + below.b * (1 - top.a), a: 1,
        });
        const luminance = ({r, g, b}) => {
          const [x, y, z] = [r, g, b].map((v) => v / 255)
              .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
          return 0.2126 * x + 0.7152 * y + 0.0722 * z;
        };
        const behind = (node) => {
          if (node === null) return {r: 255, g: 255, b: 255, a: 1};
          const own = parse(getComputedStyle(node).backgroundColor);
          return own.a === 1 ? own : over(own, behind(node.parentElement));
        };
        const found = [];
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
          const text = texts.currentNode.data.trim();
          const node = texts.currentNode.parentElement;
          if (text === '' || !node.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
          if (node.closest('.hidden-text, title, desc, :disabled') !== null) continue;
          const style = getComputedStyle(node);
          const ground = behind(node);
          const colour = over(parse(node.closest('svg') ? style.fill : style.color), ground);
          const [light, dark] = [luminance(colour), luminance(ground)].sort((a, b) => b - a);
          const size = parseFloat(style.fontSize);
          const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
          found.push({text, contrast: (light + 0.05) / (dark + 0.05), large});
        }
        return found;
      })()
      """;

  private static final String TOO_WIDE =
      """
      (() => {
        const width = document.documentElement.clientWidth;
        const inside = (node) => node.closest('.scroll, .hidden-text, .skip, .symbols') !== null;
        const wide = [...document.querySelectorAll('body *')].filter((node) => !inside(node)
            && node.checkVisibility() && node.getBoundingClientRect().right > width + 0.5)
            .map((node) => `${node.outerHTML.slice(0, 120)}: ${node.getBoundingClientRect().right}`);
        return document.documentElement.scrollWidth > width
            ? [...wide, `the page: ${document.documentElement.scrollWidth}`] : wide;
      })()
      """;

  private Legibility() {}

  /**
   * A text on the page.
   *
   * @param text its words
   * @param contrast from 1 to 21
   * @param enough what it has to be: 4.5, or 3 for large letters
   */
  public record Text(String text, double contrast, double enough) {}

  /** All texts that can be seen now. */
  public static List<Text> texts(Page page) {
    List<Text> all = new ArrayList<>();
    for (JsonNode text : page.evaluate(CONTRASTS)) {
      all.add(
          new Text(
              text.path("text").asString(),
              text.path("contrast").asDouble(),
              text.path("large").asBoolean() ? 3 : 4.5));
    }
    return all;
  }

  /** What reaches beyond the right edge of the window, except inside what scrolls by itself. */
  public static List<String> tooWide(Page page) {
    List<String> all = new ArrayList<>();
    page.evaluate(TOO_WIDE).forEach(one -> all.add(one.asString()));
    return all;
  }
}
