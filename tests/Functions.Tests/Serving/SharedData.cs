namespace Cairn.Functions.Tests.Serving;

/// <summary>Real input that lies beside the repository, or beside a folder that holds it; tests skip without it.</summary>
internal static class SharedData
{
    /// <summary>The path of a file; skips the test if there is none.</summary>
    public static string Find(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared/data", name);
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        Assert.Skip($"there is no shared/data/{name} beside the repository");
        return name;
    }
}
