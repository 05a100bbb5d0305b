using System.Buffers.Binary;
using Cairn.Formats;

namespace Cairn.Log;

/// <summary>
/// What ends the last log file and is no group: zeros, which a store may keep ready for coming appends, or a torn append, unless something behind it vouches that it was durable.
/// </summary>
/// <param name="File">The log file.</param>
/// <param name="Offset">Where the first damaged group begins.</param>
/// <param name="FileBytes">Where the file ends.</param>
/// <param name="SearchFrom">
/// Where later groups can begin. A damaged group with a good header is skipped as a whole, because its contents may look like a group.
/// </param>
internal readonly record struct TornTail(int File, long Offset, long FileBytes, long SearchFrom)
{
    private const int StepBytes = 256 * 1024;

    public long LengthBytes => FileBytes - Offset;

    /// <summary>Whether a group header behind the damage has a verified offset beyond its start.</summary>
    public async ValueTask<bool> IsVouchedForAsync(LogWindow window, CancellationToken cancellationToken)
    {
        for (var at = SearchFrom; at < FileBytes;)
        {
            var bytes = await window.GetAsync(at, StepBytes, cancellationToken).ConfigureAwait(false);
            var next = IndexOfMagic(bytes.Span);
            if (next < 0)
            {
                // The magic may begin in the last bytes of this step.
                at += Math.Max(1, bytes.Length - sizeof(uint) + 1);
                continue;
            }

            at += next;
            var head = await window.GetAsync(at, GroupHeader.HeaderBytes, cancellationToken).ConfigureAwait(false);
            if (GroupHeader.TryRead(head.Span, out var header) && header.VerifiedOffset > Offset && header.VerifiedOffset <= at)
            {
                return true;
            }

            at++;
        }

        return false;
    }

    /// <summary>Whether there are zeros and nothing else.</summary>
    public async ValueTask<bool> IsZeroAsync(LogWindow window, CancellationToken cancellationToken)
    {
        for (var at = Offset; at < FileBytes; at += StepBytes)
        {
            var bytes = await window.GetAsync(at, (int)Math.Min(StepBytes, FileBytes - at), cancellationToken).ConfigureAwait(false);
            if (bytes.Span.ContainsAnyExcept((byte)0))
            {
                return false;
            }
        }

        return true;
    }

    private static int IndexOfMagic(ReadOnlySpan<byte> bytes)
    {
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(magic, GroupHeader.Magic);
        return bytes.IndexOf(magic);
    }
}
