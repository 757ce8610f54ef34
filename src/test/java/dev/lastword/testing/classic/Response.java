package dev.lastword.testing.classic;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All packets that answer one command.
 *
 * @param parts what each packet is, in the same order
 * @param capabilities those that both sides have
 */
public record Response(List<Packet> packets, List<Reading.Part> parts, long capabilities) {

  public Response {
    packets = List.copyOf(packets);
    parts = List.copyOf(parts);
  }

  /** The packet that ends it. */
  public Packet end() {
    return packets.getLast();
  }

  public boolean failed() {
    return parts.getLast() == Reading.Part.ERR;
  }

  public Packet.ServerError error() {
    return end().asError();
  }

  /** What the last packet says, if it is an OK or an EOF. */
  public OkPacket ok() {
    succeeded();
    return OkPacket.of(end().payload(), capabilities);
  }

  /** This response, if it is not an error. */
  public Response succeeded() {
    if (failed()) {
      throw new AssertionError("the server answered " + error());
    }
    return this;
  }

  /** The number of a statement that was prepared. */
  public long statementId() {
    succeeded();
    Fields fields = new Fields(packets.getFirst().payload());
    fields.u8();
    return fields.u32();
  }

  /** How many packets are rows, in either form. */
  public long rowCount() {
    return parts.stream().filter(part -> part == Reading.Part.ROW).count();
  }

  /** The rows of all result sets, if they came as text; null is NULL. */
  public List<List<@Nullable String>> rows() {
    List<List<@Nullable String>> rows = new ArrayList<>();
    for (int i = 0; i < packets.size(); i++) {
      if (parts.get(i) == Reading.Part.ROW) {
        Fields fields = new Fields(packets.get(i).payload());
        List<@Nullable String> row = new ArrayList<>();
        while (fields.remaining() > 0) {
          ByteString value = fields.string();
          row.add(value == null ? null : value.toStringUtf8());
        }
        rows.add(row);
      }
    }
    return rows;
  }

  /** The only value of the only row of text. */
  public @Nullable String value() {
    succeeded();
    List<List<@Nullable String>> rows = rows();
    if (rows.size() != 1 || rows.getFirst().size() != 1) {
      throw new AssertionError("not one value: " + this);
    }
    return rows.getFirst().getFirst();
  }
}
