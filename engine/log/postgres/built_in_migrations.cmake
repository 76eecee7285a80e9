# cmake -DOUTPUT=x.cc -DFILES=a.sql;b.sql -P built_in_migrations.cmake: the files as a C++ table.
set(ROWS "")
foreach(FILE IN LISTS FILES)
  get_filename_component(NAME "${FILE}" NAME_WE)
  string(REGEX MATCH "^[0-9]+" NUMBER "${NAME}")
  string(REGEX REPLACE "^0+" "" NUMBER "${NUMBER}")
  file(READ "${FILE}" SQL)
  string(APPEND ROWS "        {${NUMBER}, \"${NAME}\", R\"skein_sql(${SQL})skein_sql\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made of migrations/*.sql by the build.
#include \"engine/log/postgres/migrator.h\"

namespace skein::log {

const std::vector<Migration>& built_in_migrations() {
    static const std::vector<Migration> files = {
${ROWS}    };
    return files;
}

}  // namespace skein::log
")
