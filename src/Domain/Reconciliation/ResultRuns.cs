using System.Buffers.Binary;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <summary>
/// The results of a commit in few bytes: runs of the same effect, since most operations of a commit do the same. A run is the effect (its highest bit:
/// versions follow), the length as u16, and the versions, i64 each, unless all are the commit's own position.
/// </summary>
internal static class ResultRuns
{
    private const byte HasVersions = 0x80;
    private const int HeaderBytes = 1 + sizeof(ushort);

    /// <summary>Bytes that any results of this number fit into.</summary>
    public static int MaxBytes(int count) => count * (HeaderBytes + sizeof(long));

    /// <summary>Writes the runs and answers their length in bytes.</summary>
    public static int Write(IReadOnlyList<OperationResult> results, LogPosition own, Span<byte> bytes)
    {
        var at = 0;
        for (var first = 0; first < results.Count;)
        {
            var (effect, isOwn) = (results[first].Effect, results[first].Version == own);
            var next = first + 1;
            while (next < results.Count && results[next].Effect == effect && (results[next].Version == own) == isOwn && next - first < ushort.MaxValue)
            {
                next++;
            }

            bytes[at] = (byte)((byte)effect | (isOwn ? 0 : HasVersions));
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[(at + 1)..], (ushort)(next - first));
            at += HeaderBytes;
            for (; first < next; first++)
            {
                if (!isOwn)
                {
                    BinaryPrimitives.WriteInt64LittleEndian(bytes[at..], results[first].Version.Value);
                    at += sizeof(long);
                }
            }
        }

        return at;
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static OperationResult[] Read(ReadOnlySpan<byte> bytes, LogPosition own, int count)
    {
        var results = new OperationResult[count];
        for (var done = 0; done < count;)
        {
            var (effect, hasVersions) = ((Effect)(bytes[0] & ~HasVersions), (bytes[0] & HasVersions) != 0);
            var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..]);
            bytes = bytes[HeaderBytes..];
            for (var end = done + length; done < end; done++)
            {
                results[done] = new(effect, hasVersions ? new(BinaryPrimitives.ReadInt64LittleEndian(bytes)) : own);
                bytes = hasVersions ? bytes[sizeof(long)..] : bytes;
            }
        }

        return results;
    }
}
