using Cairn.Primitives;

namespace Cairn.Log;

/// <summary>Names the place of damage, so that an operator can find it.</summary>
internal static class LogDamage
{
    public static CairnException At(int file, long offset, string what, Exception? inner = null) =>
        new(ErrorKind.Corrupt, $"log file {file}, offset {offset}: {what}", inner);
}
