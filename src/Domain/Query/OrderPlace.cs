using System.Buffers.Binary;
using System.Text;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>
/// Where a page of an ordered list ended: the values and the id of its last concept. They stay a place in the order whatever becomes of the concept. Values
/// that are too long for a cursor are left out: then its version says whether the concept still has them.
/// </summary>
/// <remarks>Bytes: 1 (values follow) or 2 (a version follows); the time of the first page, i64; the values as in a frame, or the version, i64; the id.</remarks>
internal sealed class OrderPlace
{
    /// <summary>The longest place: what a cursor has room for.</summary>
    public const int MaxBytes = 3000;

    private const byte WithValues = 1, WithVersion = 2;
    private const int HeaderBytes = 1 + sizeof(long);
    private readonly byte[][] _values;
    private readonly byte[] _id;

    private OrderPlace(Timestamp now, byte[][] values, byte[] id) => (Now, _values, _id) = (now, values, id);

    /// <summary>The time of the first page, by which all pages decay: else a concept would have another place on each.</summary>
    public Timestamp Now { get; }

    /// <summary>UTF-8.</summary>
    public ReadOnlySpan<byte> Id => _id;

    /// <summary>The value by which a term sorts.</summary>
    public ValueView Value(int term) => ValueView.Read(_values[term], out _);

    /// <summary>The place of a row, at most <see cref="MaxBytes"/> long.</summary>
    public static byte[] Encode(Snapshot snapshot, RowOrder order, int row, Timestamp now)
    {
        var id = snapshot.Ids[row];
        var place = new List<byte>(HeaderBytes + id.Length) { WithValues };
        place.AddRange(Int64(now.Microseconds));
        foreach (var field in order.Fields)
        {
            var value = field.Read(row);
            if (place.Count + value.Bytes.Length + id.Length > MaxBytes - 16)
            {
                return [WithVersion, .. Int64(now.Microseconds), .. Int64(snapshot.Concept(row).Version.Value), .. id];
            }

            place.AddRange(ValueEncoding.Of(value));
        }

        place.AddRange(id);
        return [.. place];
    }

    /// <summary>Reads a place.</summary>
    /// <exception cref="CairnException">Invalid: <c>wrong-cursor</c>; <c>not-retained</c>: its values were left out, and the concept has changed since.</exception>
    public static OrderPlace Parse(ReadOnlySpan<byte> bytes, Snapshot snapshot, OrderBy orderBy)
    {
        if (bytes.Length <= HeaderBytes || bytes[0] is not (WithValues or WithVersion))
        {
            throw KeysetKey.Wrong();
        }

        var now = new Timestamp(BinaryPrimitives.ReadInt64LittleEndian(bytes[1..]));
        var rest = bytes[HeaderBytes..];
        var values = bytes[0] == WithValues ? ReadValues(ref rest, orderBy.Terms.Count) : ReadRow(ref rest, snapshot, orderBy, now);
        return rest.Length is > 0 and <= Limits.IdBytes ? new(now, values, rest.ToArray()) : throw KeysetKey.Wrong();
    }

    private static byte[][] ReadValues(ref ReadOnlySpan<byte> rest, int count)
    {
        var values = new byte[count][];
        try
        {
            for (var term = 0; term < count; term++)
            {
                ValueView.Read(rest, out var consumed);
                values[term] = rest[..consumed].ToArray();
                rest = rest[consumed..];
            }
        }
        catch (CairnException malformed) when (malformed.Kind == ErrorKind.Corrupt)
        {
            throw KeysetKey.Wrong();
        }

        return values;
    }

    private static byte[][] ReadRow(ref ReadOnlySpan<byte> rest, Snapshot snapshot, OrderBy orderBy, Timestamp now)
    {
        if (rest.Length <= sizeof(long))
        {
            throw KeysetKey.Wrong();
        }

        var version = BinaryPrimitives.ReadInt64LittleEndian(rest);
        rest = rest[sizeof(long)..];
        var row = snapshot.FindConcept(rest);
        if (row < 0 || snapshot.Concept(row).Version.Value != version)
        {
            throw new CairnException(
                ErrorKind.Invalid,
                $"'{Encoding.UTF8.GetString(rest)}', at which the page before ended, has changed since, and its values are too long for a cursor: begin the list again")
            {
                Problem = "not-retained",
                Field = "cursor",
            };
        }

        var order = new RowOrder(snapshot, orderBy, now, new());
        var values = new byte[orderBy.Terms.Count][];
        for (var term = 0; term < values.Length; term++)
        {
            values[term] = ValueEncoding.Of(order.Fields[term].Read(row));
        }

        return values;
    }

    private static byte[] Int64(long value)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }
}
