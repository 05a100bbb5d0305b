namespace Cairn.Indexes;

/// <summary>
/// How much the indexes of one space hold. A commit that would need more is rejected by replay (reason limit); so these numbers, which every
/// replica must agree on, belong to rules version 1, and how full an index is depends on the log alone: on what was added since the log's beginning, less
/// what was dead or unused at a generation frame (record 0021).
/// </summary>
/// <param name="KeyBytes">Of each table of keys (ids, labels, …), with 5 or 6 bytes for each key.</param>
/// <param name="AssociationRows">Dead ones included. Adjacency takes at most two units of 32 bytes for each, and a link of 28 bits reaches 2^28 of them.</param>
/// <remarks>
/// Concept rows need no number of their own: 4 GiB hold fewer than 2^30 ids. Attributes past the last column live in bags, texts past the last entry of a
/// dictionary in arenas, and those have references of 64 bits.
/// </remarks>
internal sealed record IndexCapacity(long KeyBytes, int AssociationRows)
{
    /// <summary>
    /// 3.7 GiB of each kind of key, 130 million associations. A reference of 32 bits reaches 4 GiB, of which up to 4 KiB of each 64 KiB stay free: a key that does not
    /// fit goes to the next chunk.
    /// </summary>
    public static readonly IndexCapacity Default = new(37L * 1024 * 1024 * 1024 / 10, 130_000_000);
}
