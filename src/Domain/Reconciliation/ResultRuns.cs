using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <summary>
/// The results of a commit in few bytes: runs of the same effect, since most operations of a commit do the same. A run is a byte (the effect, and
/// which versions), its length as a varint, and the versions if they are neither all the commit's own position nor all zero: each as what it
/// lies before the own position, zigzag, as a varint.
/// </summary>
internal static class ResultRuns
{
    private const byte EffectMask = 0x0F;
    private const byte NoVersions = 0x40;
    private const byte HasVersions = 0x80;

    /// <summary>Bytes that any results of this number fit into.</summary>
    public static int MaxBytes(int count) => count * (1 + 1 + ByteWriting.MaxVarintBytes);

    /// <summary>Writes the runs and answers their length in bytes.</summary>
    public static int Write(IReadOnlyList<OperationResult> results, LogPosition own, Span<byte> bytes)
    {
        var at = 0;
        for (var first = 0; first < results.Count;)
        {
            var head = Head(results[first], own);
            var next = first + 1;
            while (next < results.Count && Head(results[next], own) == head)
            {
                next++;
            }

            bytes[at++] = head;
            at += ByteWriting.Varint(bytes[at..], (ulong)(next - first));
            for (; first < next; first++)
            {
                if ((head & HasVersions) != 0)
                {
                    at += ByteWriting.Varint(bytes[at..], ZigZag(own.Value - results[first].Version.Value));
                }
            }
        }

        return at;
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="CairnException">Corrupt: the bytes are no such runs.</exception>
    public static OperationResult[] Read(ref ByteReader reader, LogPosition own, int count)
    {
        var results = new OperationResult[count];
        Walk(ref reader, own, count, results);
        return results;
    }

    /// <summary>As <see cref="Read"/>, but only goes behind them.</summary>
    public static void Skip(ref ByteReader reader, LogPosition own, int count) => Walk(ref reader, own, count, default);

    private static void Walk(ref ByteReader reader, LogPosition own, int count, Span<OperationResult> results)
    {
        for (var done = 0; done < count;)
        {
            var head = reader.Byte();
            var length = reader.Varint();
            if (!IsHead(head) || length == 0 || length > count - done)
            {
                throw Malformed.Because("a run of results has no known effect, or another length");
            }

            for (var end = done + (int)length; done < end; done++)
            {
                var version = (head & HasVersions) != 0 ? Version(own, reader.Varint63()) : (head & NoVersions) != 0 ? LogPosition.Zero : own;
                if (!results.IsEmpty)
                {
                    results[done] = new((Effect)(head & EffectMask), version);
                }
            }
        }
    }

    private static byte Head(in OperationResult result, LogPosition own) => (byte)((byte)result.Effect
        | (result.Version == own ? 0 : result.Version == LogPosition.Zero ? NoVersions : HasVersions));

    private static bool IsHead(byte head) =>
        (Effect)(head & EffectMask) is >= Effect.Created and <= Effect.Deleted && (head & ~EffectMask) is 0 or NoVersions or HasVersions;

    private static ulong ZigZag(long value) => ((ulong)value << 1) ^ (ulong)(value >> 63);

    private static LogPosition Version(LogPosition own, long zigZag)
    {
        var version = own.Value - ((zigZag >> 1) ^ -(zigZag & 1));
        return version is >= 0 and <= (1L << 53) - 1 ? new(version) : throw Malformed.Because("a result's version is no log position");
    }
}
